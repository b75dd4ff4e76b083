// Gradients of filters: sums over positions of the outer product of an input's channels with a gradient's.
import { arg, argPointer, madd } from "./simd";

/**
 * acc[4][8] += sum over the rows of `table` and over `count` positions of x[4] (times) g[8]. `table` holds pairs of
 * pointers (x, g) at the first position of each row.
 */
function outerBlock(
  table: usize,
  end: usize,
  xOffset: usize,
  gOffset: usize,
  bytes: usize,
  xStep: usize,
  gStep: usize,
  acc: usize,
  accStep: usize,
): void {
  let a0 = f32x4.splat(0),
    a1 = a0,
    b0 = a0,
    b1 = a0,
    c0 = a0,
    c1 = a0,
    d0 = a0,
    d1 = a0;
  for (; table < end; table += 8) {
    let q = load<usize>(table) + xOffset;
    let g = load<usize>(table, 4) + gOffset;
    for (const stop = g + bytes; g < stop; g += gStep, q += xStep) {
      const w0 = v128.load(g),
        w1 = v128.load(g, 16);
      let s = v128.load32_splat(q);
      a0 = madd(s, w0, a0);
      a1 = madd(s, w1, a1);
      s = v128.load32_splat(q, 4);
      b0 = madd(s, w0, b0);
      b1 = madd(s, w1, b1);
      s = v128.load32_splat(q, 8);
      c0 = madd(s, w0, c0);
      c1 = madd(s, w1, c1);
      s = v128.load32_splat(q, 12);
      d0 = madd(s, w0, d0);
      d1 = madd(s, w1, d1);
    }
  }
  v128.store(acc, f32x4.add(v128.load(acc), a0));
  v128.store(acc, f32x4.add(v128.load(acc, 16), a1), 16);
  acc += accStep;
  v128.store(acc, f32x4.add(v128.load(acc), b0));
  v128.store(acc, f32x4.add(v128.load(acc, 16), b1), 16);
  acc += accStep;
  v128.store(acc, f32x4.add(v128.load(acc), c0));
  v128.store(acc, f32x4.add(v128.load(acc, 16), c1), 16);
  acc += accStep;
  v128.store(acc, f32x4.add(v128.load(acc), d0));
  v128.store(acc, f32x4.add(v128.load(acc, 16), d1), 16);
}

/** All blocks of one tap: acc [CI rounded up to 4][CO rounded up to 8]. What lies beyond CI and CO is never used. */
export function outerTap(
  table: usize,
  end: usize,
  xOffset: usize,
  gOffset: usize,
  bytes: usize,
  CI: i32,
  CO: i32,
  xStep: usize,
  gStep: usize,
  acc: usize,
): void {
  const accStep = (<usize>((CO + 7) & ~7)) << 2;
  for (let i = 0; i < CI; i += 4) {
    for (let c = 0; c < CO; c += 8) {
      outerBlock(
        table,
        end,
        xOffset + (i << 2),
        gOffset + (c << 2),
        bytes,
        xStep,
        gStep,
        acc + i * accStep + (c << 2),
        accStep,
      );
    }
  }
}

/**
 * Partial sums of the filter gradient of conv.ts `conv` over one chunk of output rows: [tap][CI up to 4][CO up to 8].
 * Arguments: x, dy, partial, scratch (8 bytes per row of a block), scratch bytes per slot, N, D, H, W, CI, CO, KD, KH,
 * KW, rows per chunk, rows per block, tap groups (1: a task does all taps; KD * KH: one each).
 * Task: chunk * tap groups + group.
 */
export function convGradFilter(a: usize, task: i32, slot: i32): void {
  const x = argPointer(a, 0),
    dy = argPointer(a, 1);
  const table = argPointer(a, 3) + <usize>slot * <usize>arg(a, 4);
  const N = arg(a, 5),
    D = arg(a, 6),
    H = arg(a, 7),
    W = arg(a, 8),
    CI = arg(a, 9),
    CO = arg(a, 10);
  const KD = arg(a, 11),
    KH = arg(a, 12),
    KW = arg(a, 13);
  const perChunk = arg(a, 14),
    perBlock = arg(a, 15),
    groups = arg(a, 16);
  const PD = KD >> 1,
    PH = KH >> 1,
    PW = KW >> 1;
  const xStep = (<usize>CI) << 2,
    gStep = (<usize>CO) << 2;
  const tapBytes = (<usize>((CI + 3) & ~3) * <usize>((CO + 7) & ~7)) << 2;
  const chunk = task / groups,
    group = task % groups;
  const perGroup = (KD * KH) / groups,
    t0 = group * perGroup,
    t1 = t0 + perGroup;
  const partial = argPointer(a, 2) + <usize>chunk * KD * KH * KW * tapBytes;
  memory.fill(partial + t0 * KW * tapBytes, 0, perGroup * KW * tapBytes);
  const last = min(N * D * H, (chunk + 1) * perChunk);
  for (let r0 = chunk * perChunk; r0 < last; r0 += perBlock) {
    const r1 = min(last, r0 + perBlock);
    for (let t = t0; t < t1; t++) {
      const kd = t / KH - PD,
        kh = (t % KH) - PH;
      let end = table;
      for (let r = r0; r < r1; r++) {
        const h = (r % H) + kh,
          d = ((r / H) % D) + kd;
        if (h < 0 || h >= H || d < 0 || d >= D) continue;
        store<usize>(end, x + <usize>(r + kd * H + kh) * W * xStep);
        store<usize>(end, dy + <usize>r * W * gStep, 4);
        end += 8;
      }
      if (end == table) continue;
      for (let k = 0; k < KW; k++) {
        const kw = k - PW,
          from = max(0, -kw),
          to = min(W, W - kw);
        if (to <= from) continue;
        outerTap(
          table,
          end,
          (from + kw) * xStep,
          from * gStep,
          (to - from) * gStep,
          CI,
          CO,
          xStep,
          gStep,
          partial + (t * KW + k) * tapBytes,
        );
      }
    }
  }
}

/**
 * Partial sums of the filter gradient of conv.ts `convTranspose`: [tap][CO up to 4][CI up to 8], dy in the place of x.
 * Arguments: x, dy, partial, scratch (8 bytes per row of a block), scratch bytes per slot, N, D, H, W (of x), CI, CO,
 * rows per chunk, rows per block. Task: chunk.
 */
export function convTransposeGradFilter(a: usize, task: i32, slot: i32): void {
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
    perBlock = arg(a, 12);
  const xStep = (<usize>CI) << 2,
    gStep = (<usize>CO) << 2;
  const tapBytes = (<usize>((CO + 3) & ~3) * <usize>((CI + 7) & ~7)) << 2;
  const partial = argPointer(a, 2) + <usize>task * 8 * tapBytes;
  memory.fill(partial, 0, 8 * tapBytes);
  const last = min(N * D * H, (task + 1) * perChunk);
  for (let r0 = task * perChunk; r0 < last; r0 += perBlock) {
    const r1 = min(last, r0 + perBlock);
    for (let tap = 0; tap < 8; tap++) {
      let end = table;
      for (let r = r0; r < r1; r++, end += 8) {
        const row = ((r / H) * 2 + (tap >> 2)) * H * 2 + (r % H) * 2 + ((tap >> 1) & 1);
        store<usize>(end, dy + (<usize>row * W * 2 + (tap & 1)) * gStep);
        store<usize>(end, x + <usize>r * W * xStep, 4);
      }
      outerTap(table, end, 0, 0, W * xStep, CO, CI, gStep * 2, xStep, partial + tap * tapBytes);
    }
  }
}

/**
 * Adds the partial sums up, chunk by chunk in their order: out [tap][rows][columns] from partial [chunk][tap]
 * [rows up to 4][columns up to 8]. Arguments: partial, out, chunks, taps, rows, columns. Task: tap.
 */
export function reducePartial(a: usize, task: i32, slot: i32): void {
  const chunks = arg(a, 2),
    taps = arg(a, 3),
    rows = arg(a, 4),
    columns = arg(a, 5);
  const stride = (columns + 7) & ~7;
  const tapBytes = (<usize>(((rows + 3) & ~3) * stride)) << 2;
  let out = argPointer(a, 1) + ((<usize>task * rows * columns) << 2);
  for (let row = 0; row < rows; row++) {
    const from = argPointer(a, 0) + <usize>task * tapBytes + ((<usize>(row * stride)) << 2);
    let c = 0;
    for (; c + 4 <= columns; c += 4, out += 16) {
      let sum = v128.load(from + (c << 2));
      for (let k = 1; k < chunks; k++) sum = f32x4.add(sum, v128.load(from + <usize>k * taps * tapBytes + (c << 2)));
      v128.store(out, sum);
    }
    for (; c < columns; c++, out += 4) {
      let sum = load<f32>(from + (c << 2));
      for (let k = 1; k < chunks; k++) sum += load<f32>(from + <usize>k * taps * tapBytes + (c << 2));
      store<f32>(out, sum);
    }
  }
}

/**
 * Sums over positions per channel, one chunk: float32 over 64 positions, float64 beyond. Arguments: x, partial
 * (float64 [chunk][channels]), positions, channels, positions per chunk. Task: chunk.
 */
export function columnSums(a: usize, task: i32, slot: i32): void {
  const positions = arg(a, 2),
    channels = arg(a, 3),
    perChunk = arg(a, 4);
  const out = argPointer(a, 1) + ((<usize>(task * channels)) << 3);
  const step = (<usize>channels) << 2;
  memory.fill(out, 0, (<usize>channels) << 3);
  const last = min(positions, (task + 1) * perChunk);
  for (let p0 = task * perChunk; p0 < last; p0 += 64) {
    const from = argPointer(a, 0) + <usize>p0 * step,
      end = argPointer(a, 0) + <usize>min(last, p0 + 64) * step;
    let c = 0;
    for (; c + 4 <= channels; c += 4) {
      let sum = f32x4.splat(0);
      for (let q = from + (c << 2); q < end; q += step) sum = f32x4.add(sum, v128.load(q));
      const to = out + (c << 3);
      v128.store(to, f64x2.add(v128.load(to), f64x2.promote_low_f32x4(sum)));
      const high = i8x16.shuffle(sum, sum, 8, 9, 10, 11, 12, 13, 14, 15, 8, 9, 10, 11, 12, 13, 14, 15);
      v128.store(to, f64x2.add(v128.load(to, 16), f64x2.promote_low_f32x4(high)), 16);
    }
    for (; c < channels; c++) {
      let sum: f32 = 0;
      for (let q = from + (c << 2); q < end; q += step) sum += load<f32>(q);
      store<f64>(out + (c << 3), load<f64>(out + (c << 3)) + sum);
    }
  }
}

/** Adds float64 partial sums up: out float32 [columns] from [chunks][columns]. Arguments: partial, out, chunks, columns. */
export function reduceColumns(a: usize, task: i32, slot: i32): void {
  const chunks = arg(a, 2),
    columns = arg(a, 3);
  for (let c = 0; c < columns; c++) {
    let sum: f64 = 0;
    for (let k = 0; k < chunks; k++) sum += load<f64>(argPointer(a, 0) + ((<usize>(k * columns + c)) << 3));
    store<f32>(argPointer(a, 1) + (c << 2), <f32>sum);
  }
}
