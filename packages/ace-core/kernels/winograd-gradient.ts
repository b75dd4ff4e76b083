// The filter gradient of winograd.ts: F(3, 4), in which four neighbours of dy take the place of the filter.
import { outerTap } from "./outer";
import { arg, argPointer, madd } from "./simd";
import { at, POINTS, transformInput } from "./winograd";

/** A block of rows of one plane of dy, to [6][tiles][rows][channels]: the filter's place in F(3, 4). */
function transformGradient(plane: usize, h0: i32, rows: i32, W: i32, C: i32, to: usize): void {
  const step = (<usize>C) << 2,
    tiles = (W + 3) >> 2;
  const column = <usize>rows * step,
    point = <usize>tiles * column;
  const two = f32x4.splat(2),
    four = f32x4.splat(4),
    quarter = f32x4.splat(0.25);
  const sixth = f32x4.splat(-1.0 / 6.0),
    last = f32x4.splat(1.0 / 24.0);
  for (let r = 0; r < rows; r++) {
    const row = plane + <usize>(h0 + r) * W * step;
    for (let tile = 0; tile < tiles; tile++) {
      const p = tile << 2;
      for (let c: usize = 0; c < step; c += 16) {
        const g0 = at(row, p, W, step, c),
          g1 = at(row, p + 1, W, step, c),
          g2 = at(row, p + 2, W, step, c),
          g3 = at(row, p + 3, W, step, c);
        const u = to + <usize>tile * column + <usize>r * step + c;
        v128.store(u, f32x4.mul(g0, quarter));
        const even = f32x4.add(g0, g2),
          odd = f32x4.add(g1, g3);
        v128.store(u + point, f32x4.mul(f32x4.add(even, odd), sixth));
        v128.store(u + 2 * point, f32x4.mul(f32x4.sub(even, odd), sixth));
        const e = madd(g2, four, g0),
          o = f32x4.mul(madd(g3, four, g1), two);
        v128.store(u + 3 * point, f32x4.mul(f32x4.add(e, o), last));
        v128.store(u + 4 * point, f32x4.mul(f32x4.sub(e, o), last));
        v128.store(u + 5 * point, g3);
      }
    }
  }
}

/**
 * Partial sums of the filter gradient over one chunk of planes, transformed: [6 points][kd, kh][CI][CO up to 8].
 * Arguments: x, dy, partial, scratch, scratch bytes per slot, N, D, H, W, CI, CO, planes per chunk, height block,
 * groups (1: a task does all points; 6: one each). Task: chunk * groups + group. Scratch per slot: the table (8 bytes per tile), the transformed block of dy, those of three planes of x.
 */
export function convGradFilterWinograd(a: usize, task: i32, slot: i32): void {
  const x = argPointer(a, 0),
    dy = argPointer(a, 1);
  const table = argPointer(a, 3) + <usize>slot * <usize>arg(a, 4);
  const N = arg(a, 5),
    D = arg(a, 6),
    H = arg(a, 7),
    W = arg(a, 8),
    CI = arg(a, 9),
    CO = arg(a, 10);
  const perChunk = arg(a, 11),
    HB = arg(a, 12),
    groups = arg(a, 13);
  const chunk = task / groups,
    group = task % groups,
    perGroup = POINTS / groups,
    t0 = group * perGroup;
  const tiles = (W + 3) >> 2;
  const xStep = (<usize>CI) << 2,
    gStep = (<usize>CO) << 2;
  const tapBytes = (<usize>CI * <usize>((CO + 7) & ~7)) << 2;
  const partial = argPointer(a, 2) + <usize>chunk * POINTS * 9 * tapBytes;
  memory.fill(partial + t0 * 9 * tapBytes, 0, perGroup * 9 * tapBytes);
  const first = chunk * perChunk,
    last = min(N * D, first + perChunk);
  const gradient = table + ((((<usize>tiles) << 3) + 63) & ~63);
  const end = table + ((<usize>tiles) << 3);
  for (let h0 = 0; h0 < H; h0 += HB) {
    const rows = min(HB, H - h0);
    const xColumn = <usize>(rows + 2) * xStep,
      xPoint = <usize>tiles * xColumn,
      xPlane = POINTS * xPoint;
    const gColumn = <usize>rows * gStep,
      gPoint = <usize>tiles * gColumn;
    const planes = gradient + POINTS * gPoint;
    // planes of x live in three places by turns; `next` is the first that has not been transformed
    let next = -1;
    for (let nd = first; nd < last; nd++) {
      const n = nd / D,
        d = nd % D;
      if (d == 0 || nd == first) next = max(0, d - 1);
      for (; next < min(D, d + 2); next++) {
        transformInput(
          x + <usize>(n * D + next) * H * W * xStep,
          h0,
          rows,
          H,
          W,
          CI,
          planes + <usize>(next % 3) * xPlane,
        );
      }
      transformGradient(dy + <usize>nd * H * W * gStep, h0, rows, W, CO, gradient);
      for (let t = t0; t < t0 + perGroup; t++) {
        for (let kd = max(0, 1 - d); kd < min(3, D + 1 - d); kd++) {
          const from = planes + <usize>((d + kd - 1) % 3) * xPlane + t * xPoint;
          for (let kh = 0; kh < 3; kh++) {
            for (let tile = 0; tile < tiles; tile++) {
              store<usize>(table + ((<usize>tile) << 3), from + tile * xColumn + kh * xStep);
              store<usize>(table + ((<usize>tile) << 3), gradient + t * gPoint + tile * gColumn, 4);
            }
            outerTap(table, end, 0, 0, gColumn, CI, CO, xStep, gStep, partial + (t * 9 + kd * 3 + kh) * tapBytes);
          }
        }
      }
    }
  }
}

/**
 * Adds the partial sums up, chunk by chunk in their order, and takes the filter out of its transform: out
 * [kd, kh][3][CI][CO]. Arguments: partial, out, chunks, CI, CO. Task: (kd, kh).
 */
export function reduceWinograd(a: usize, task: i32, slot: i32): void {
  const chunks = arg(a, 2),
    CI = arg(a, 3),
    CO = arg(a, 4),
    stride = (CO + 7) & ~7;
  const tapBytes = (<usize>(CI * stride)) << 2,
    point = 9 * tapBytes,
    chunk = POINTS * point;
  const tap = (<usize>(CI * CO)) << 2;
  const two = f32x4.splat(2),
    four = f32x4.splat(4);
  for (let i = 0; i < CI; i++) {
    for (let c = 0; c < CO; c += 4) {
      const from = argPointer(a, 0) + <usize>task * tapBytes + ((<usize>(i * stride + c)) << 2);
      const m0 = total(from, chunk, chunks),
        m5 = total(from + 5 * point, chunk, chunks);
      const m1 = total(from + point, chunk, chunks),
        m2 = total(from + 2 * point, chunk, chunks);
      const m3 = total(from + 3 * point, chunk, chunks),
        m4 = total(from + 4 * point, chunk, chunks);
      const s12 = f32x4.add(m1, m2),
        d12 = f32x4.sub(m1, m2),
        s34 = f32x4.add(m3, m4),
        d34 = f32x4.sub(m3, m4);
      const to = argPointer(a, 1) + <usize>task * 3 * tap + ((<usize>(i * CO + c)) << 2);
      v128.store(to, f32x4.add(f32x4.add(m0, s12), s34));
      v128.store(to + tap, madd(d34, two, d12));
      v128.store(to + 2 * tap, f32x4.add(madd(s34, four, s12), m5));
    }
  }
}

// @ts-ignore: decorator
@inline function total(from: usize, chunk: usize, chunks: i32): v128 {
  let sum = v128.load(from);
  for (let k = 1; k < chunks; k++) sum = f32x4.add(sum, v128.load(from + <usize>k * chunk));
  return sum;
}
