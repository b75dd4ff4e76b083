// 3×3×3 convolutions with half the multiplications: Winograd's F(4, 3) along the width (Lavin & Gray, CVPR 2016, with
// the points 0, ±1, ±2 and infinity), direct along depth and height. Four neighbouring outputs (a tile) come from six
// products per channel pair and row of the window instead of twelve. Channels are multiples of 4, other sizes any.
//
// Transformed planes lie in scratch as [plane][6 points][tile][row][channels]: the three rows of a window are one run.
import { outputRow } from "./rows";
import { arg, argPointer, madd } from "./simd";

export const POINTS = 6;

// @ts-ignore: decorator
@inline export function at(row: usize, position: i32, W: i32, step: usize, c: usize): v128 {
  return position >= 0 && position < W ? v128.load(row + <usize>position * step + c) : f32x4.splat(0);
}

/** A block of rows of one plane of x, with the rows around it, to [6][tiles][rows + 2][channels]. */
export function transformInput(plane: usize, h0: i32, rows: i32, H: i32, W: i32, C: i32, to: usize): void {
  const step = (<usize>C) << 2,
    tiles = (W + 3) >> 2;
  const column = <usize>(rows + 2) * step,
    point = <usize>tiles * column;
  for (let r = 0; r < rows + 2; r++) {
    const h = h0 + r - 1;
    const row = plane + <usize>h * W * step;
    for (let tile = 0; tile < tiles; tile++) {
      const p = (tile << 2) - 1;
      const first = to + <usize>tile * column + <usize>r * step;
      if (h < 0 || h >= H) {
        for (let t = 0; t < POINTS; t++) memory.fill(first + t * point, 0, step);
        continue;
      }
      if (p >= 0 && p + POINTS <= W) {
        let q = row + <usize>p * step;
        for (let v = first, end = first + step; v < end; v += 16, q += 16) {
          points(
            v,
            point,
            v128.load(q),
            v128.load(q + step),
            v128.load(q + 2 * step),
            v128.load(q + 3 * step),
            v128.load(q + 4 * step),
            v128.load(q + 5 * step),
          );
        }
      } else {
        for (let c: usize = 0; c < step; c += 16) {
          points(
            first + c,
            point,
            at(row, p, W, step, c),
            at(row, p + 1, W, step, c),
            at(row, p + 2, W, step, c),
            at(row, p + 3, W, step, c),
            at(row, p + 4, W, step, c),
            at(row, p + 5, W, step, c),
          );
        }
      }
    }
  }
}

/** Six neighbours at the six points, times the product of the differences of the points. */
// @ts-ignore: decorator
@inline function points(v: usize, point: usize, d0: v128, d1: v128, d2: v128, d3: v128, d4: v128, d5: v128): void {
  const four = f32x4.splat(4),
    five = f32x4.splat(-5);
  v128.store(v, madd(d0, four, madd(d2, five, d4)));
  const even = madd(d2, f32x4.splat(-4), d4),
    odd = madd(d1, f32x4.splat(-4), d3);
  v128.store(v + point, f32x4.add(even, odd));
  v128.store(v + 2 * point, f32x4.sub(even, odd));
  const e = f32x4.sub(d4, d2),
    o = f32x4.sub(d3, d1),
    o2 = f32x4.add(o, o);
  v128.store(v + 3 * point, f32x4.add(e, o2));
  v128.store(v + 4 * point, f32x4.sub(e, o2));
  v128.store(v + 5 * point, madd(d1, four, madd(d3, five, d5)));
}

/**
 * Packs a filter as pack.ts does, transformed: [point][block][8 zeros][kd, kh, ci][8]. Arguments: filter (its first
 * tap), packed, inputs, outputs, tap stride, input stride, output stride (floats), panel bytes, blocks. Task: block.
 */
export function packWinograd(a: usize, task: i32, slot: i32): void {
  const filter = argPointer(a, 0),
    inputs = arg(a, 2),
    outputs = arg(a, 3);
  const sTap = arg(a, 4),
    sIn = arg(a, 5),
    sOut = arg(a, 6);
  const panel = <usize>arg(a, 7),
    point = panel * arg(a, 8);
  const first = argPointer(a, 1) + <usize>task * panel;
  for (let t = 0; t < POINTS; t++) memory.fill(first + t * point, 0, panel);
  const count = min(8, outputs - task * 8);
  for (let row = 0; row < 9; row++) {
    for (let i = 0; i < inputs; i++) {
      for (let c = 0; c < count; c++) {
        const f = filter + ((row * 3 * sTap + i * sIn + (task * 8 + c) * sOut) << 2);
        const f0 = load<f32>(f),
          f1 = load<f32>(f + (sTap << 2)),
          f2 = load<f32>(f + (sTap << 3));
        const u = first + 32 + (((row * inputs + i) * 8 + c) << 2);
        store<f32>(u, f0 * 0.25);
        store<f32>(u + point, (f0 + f2 + f1) * (-1.0 / 6.0));
        store<f32>(u + 2 * point, (f0 + f2 - f1) * (-1.0 / 6.0));
        store<f32>(u + 3 * point, (f0 + 4 * f2 + 2 * f1) * (1.0 / 24.0));
        store<f32>(u + 4 * point, (f0 + 4 * f2 - 2 * f1) * (1.0 / 24.0));
        store<f32>(u + 5 * point, f2);
      }
    }
  }
}

/**
 * Stride 1, 3×3×3, zero padding to the same size. Arguments: x, packed, y, scratch, scratch bytes per slot, D, H, W,
 * CI, CO, depth block, height block, bias (0: none). Task: (n, depth block, height block). Scratch per slot: the table
 * of runs (64 bytes), the products [6][tiles][rows][CO] of one plane, the transformed planes.
 */
export function convWinograd(a: usize, task: i32, slot: i32): void {
  const x = argPointer(a, 0),
    packed = argPointer(a, 1),
    y = argPointer(a, 2);
  const table = argPointer(a, 3) + <usize>slot * <usize>arg(a, 4);
  const D = arg(a, 5),
    H = arg(a, 6),
    W = arg(a, 7),
    CI = arg(a, 8),
    CO = arg(a, 9),
    DB = arg(a, 10),
    HB = arg(a, 11);
  const hBlocks = (H + HB - 1) / HB,
    dBlocks = (D + DB - 1) / DB;
  const h0 = (task % hBlocks) * HB,
    d0 = ((task / hBlocks) % dBlocks) * DB,
    n = task / (hBlocks * dBlocks);
  const d1 = min(D, d0 + DB),
    rows = min(HB, H - h0),
    e0 = max(0, d0 - 1),
    e1 = min(D, d1 + 1);
  const tiles = (W + 3) >> 2;
  const step = (<usize>CI) << 2,
    yStep = (<usize>CO) << 2;
  const column = <usize>(rows + 2) * step,
    point = <usize>tiles * column,
    plane = POINTS * point;
  const products = table + 64,
    productColumn = <usize>rows * yStep,
    productPoint = <usize>tiles * productColumn;
  const planes = products + POINTS * productPoint;
  for (let d = e0; d < e1; d++) {
    transformInput(x + <usize>(n * D + d) * H * W * step, h0, rows, H, W, CI, planes + <usize>(d - e0) * plane);
  }
  const run = 3 * step,
    runWeights = run << 3;
  const panel = 32 + 3 * runWeights;
  for (let d = d0; d < d1; d++) {
    let w = packed;
    for (let t = 0; t < POINTS; t++) {
      for (let c = 0; c < CO; c += 8, w += panel) {
        for (let tile = 0; tile < tiles; tile++) {
          let runs = 0;
          for (let k = max(0, 1 - d); k < min(3, D + 1 - d); k++, runs++) {
            const entry = table + ((<usize>runs) << 3);
            store<usize>(entry, planes + <usize>(d + k - 1 - e0) * plane + t * point + tile * column);
            store<usize>(entry, w + 32 + k * runWeights, 4);
          }
          const to = products + t * productPoint + tile * productColumn + ((<usize>c) << 2);
          outputRow(table, runs, run, step, w, rows, to, yStep, CO - c);
        }
      }
    }
    transformOutput(products, y + <usize>((n * D + d) * H + h0) * W * yStep, rows, W, CO, argPointer(a, 12));
  }
}

/** Products [6][tiles][rows][CO] to the rows of y, plus the bias. */
function transformOutput(products: usize, y: usize, rows: i32, W: i32, CO: i32, bias: usize): void {
  const yStep = (<usize>CO) << 2,
    tiles = (W + 3) >> 2;
  const column = <usize>rows * yStep,
    point = <usize>tiles * column;
  const two = f32x4.splat(2),
    four = f32x4.splat(4),
    eight = f32x4.splat(8);
  for (let r = 0; r < rows; r++) {
    for (let tile = 0; tile < tiles; tile++) {
      const left = W - (tile << 2);
      for (let c: usize = 0; c < yStep; c += 16) {
        const m = products + <usize>tile * column + <usize>r * yStep + c;
        const b = bias != 0 ? v128.load(bias + c) : f32x4.splat(0);
        const m1 = v128.load(m + point),
          m2 = v128.load(m + 2 * point),
          m3 = v128.load(m + 3 * point),
          m4 = v128.load(m + 4 * point);
        const s12 = f32x4.add(m1, m2),
          d12 = f32x4.add(f32x4.sub(m1, m2), b),
          s34 = f32x4.add(m3, m4),
          d34 = f32x4.sub(m3, m4);
        const to = y + <usize>(r * W + (tile << 2)) * yStep + c;
        v128.store(to, f32x4.add(f32x4.add(f32x4.add(v128.load(m), b), s12), s34));
        if (left > 1) v128.store(to + yStep, madd(d34, two, d12));
        if (left > 2) v128.store(to + 2 * yStep, f32x4.add(madd(s34, four, s12), b));
        if (left > 3) v128.store(to + 3 * yStep, f32x4.add(madd(d34, eight, d12), v128.load(m + 5 * point)));
      }
    }
  }
}
