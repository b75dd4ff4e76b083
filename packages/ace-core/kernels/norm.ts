// Group normalisation with max(0, .). Volumes are [N][P positions][C channels]; a task is a chunk of
// the positions of one sample. What a position needs of its channel stands in tables of C floats, one after the other.
import { maxPoolRow } from "./pool";
import { arg, argFloat, argPointer, madd } from "./simd";

/** Positions over which sums stay in float32; they are read twice and should stay in the first-level cache. */
export const BLOCK = 64;

/**
 * Count, mean and sum of squared deviations per channel of one chunk, float64 [task][C][mean, M2]: two passes over a
 * block, blocks merged after Chan, Golub and LeVeque (1983). Arguments: x, moments, P, C, per chunk, chunks.
 */
export function normMoments(a: usize, task: i32, slot: i32): void {
  const P = arg(a, 2),
    C = arg(a, 3),
    perChunk = arg(a, 4),
    chunks = arg(a, 5);
  const n = task / chunks,
    first = (task % chunks) * perChunk,
    last = min(P, first + perChunk);
  const out = argPointer(a, 1) + ((<usize>(task * C)) << 4);
  const step = (<usize>C) << 2;
  const x = argPointer(a, 0) + <usize>n * P * step;
  memory.fill(out, 0, (<usize>C) << 4);
  for (let p = first; p < last; p += BLOCK) {
    const from = x + <usize>p * step,
      end = x + <usize>min(last, p + BLOCK) * step;
    const count = <f64>min(BLOCK, last - p),
      before = <f64>(p - first);
    let c = 0;
    for (; c + 4 <= C; c += 4) {
      let s0 = f32x4.splat(0),
        s1 = s0;
      let q = from + (c << 2);
      for (; q + step < end; q += 2 * step) {
        s0 = f32x4.add(s0, v128.load(q));
        s1 = f32x4.add(s1, v128.load(q + step));
      }
      if (q < end) s0 = f32x4.add(s0, v128.load(q));
      const mean = f32x4.div(f32x4.add(s0, s1), f32x4.splat(<f32>count));
      s0 = f32x4.splat(0);
      s1 = s0;
      let r0 = s0,
        r1 = s0;
      q = from + (c << 2);
      for (; q + step < end; q += 2 * step) {
        const d0 = f32x4.sub(v128.load(q), mean),
          d1 = f32x4.sub(v128.load(q + step), mean);
        s0 = madd(d0, d0, s0);
        s1 = madd(d1, d1, s1);
        r0 = f32x4.add(r0, d0);
        r1 = f32x4.add(r1, d1);
      }
      if (q < end) {
        const d0 = f32x4.sub(v128.load(q), mean);
        s0 = madd(d0, d0, s0);
        r0 = f32x4.add(r0, d0);
      }
      s0 = f32x4.add(s0, s1);
      r0 = f32x4.add(r0, r1);
      const to = out + (c << 4);
      merge(to, before, count, f32x4.extract_lane(mean, 0), f32x4.extract_lane(r0, 0), f32x4.extract_lane(s0, 0));
      merge(to + 16, before, count, f32x4.extract_lane(mean, 1), f32x4.extract_lane(r0, 1), f32x4.extract_lane(s0, 1));
      merge(to + 32, before, count, f32x4.extract_lane(mean, 2), f32x4.extract_lane(r0, 2), f32x4.extract_lane(s0, 2));
      merge(to + 48, before, count, f32x4.extract_lane(mean, 3), f32x4.extract_lane(r0, 3), f32x4.extract_lane(s0, 3));
    }
    for (; c < C; c++) {
      let sum: f64 = 0,
        square: f64 = 0;
      for (let q = from + (c << 2); q < end; q += step) sum += load<f32>(q);
      const mean = sum / count;
      for (let q = from + (c << 2); q < end; q += step) square += (load<f32>(q) - mean) * (load<f32>(q) - mean);
      merge(out + (c << 4), before, count, <f32>mean, 0, <f32>square);
    }
  }
}

/** Adds a block's moments to (mean, M2) at `to`. `rest` is the sum of deviations that rounding left in its mean. */
// @ts-ignore: decorator
@inline function merge(to: usize, before: f64, count: f64, blockMean: f32, rest: f32, blockSquare: f32): void {
  const correction = <f64>rest / count;
  const mean2 = <f64>blockMean + correction;
  join(to, before, count, mean2, <f64>blockSquare - <f64>rest * correction);
}

function join(to: usize, before: f64, count: f64, mean2: f64, square: f64): void {
  const mean = load<f64>(to),
    total = before + count;
  const delta = mean2 - mean;
  store<f64>(to, mean + delta * (count / total));
  store<f64>(to, load<f64>(to, 8) + square + delta * delta * ((before * count) / total), 8);
}

/**
 * Merges the chunks' moments into mean and inverse deviation per group and makes the tables of normApply: per sample
 * [mean][gamma * inverse deviation][beta]. Arguments: moments, gamma, beta, mean, inverse deviation, tables, P, C, per
 * chunk, chunks, groups; epsilon. Task: n.
 */
export function normFinish(a: usize, task: i32, slot: i32): void {
  const gamma = argPointer(a, 1),
    beta = argPointer(a, 2);
  const P = arg(a, 6),
    C = arg(a, 7),
    perChunk = arg(a, 8),
    chunks = arg(a, 9),
    groups = arg(a, 10);
  const epsilon = <f64>argFloat(a, 11);
  const tables = argPointer(a, 5) + ((<usize>(task * C * 3)) << 2);
  const perGroup = C / groups;
  for (let g = 0; g < groups; g++) {
    let before: f64 = 0,
      mean: f64 = 0,
      square: f64 = 0;
    for (let c = g * perGroup; c < (g + 1) * perGroup; c++) {
      for (let k = 0; k < chunks; k++) {
        const from = argPointer(a, 0) + ((<usize>((task * chunks + k) * C + c)) << 4);
        const count = <f64>min(perChunk, P - k * perChunk),
          total = before + count;
        const delta = load<f64>(from) - mean;
        mean += delta * (count / total);
        square += load<f64>(from, 8) + delta * delta * ((before * count) / total);
        before = total;
      }
    }
    const inverse = 1 / Math.sqrt(square / before + epsilon);
    store<f32>(argPointer(a, 3) + ((<usize>(task * groups + g)) << 2), <f32>mean);
    store<f32>(argPointer(a, 4) + ((<usize>(task * groups + g)) << 2), <f32>inverse);
    for (let c = g * perGroup; c < (g + 1) * perGroup; c++) {
      const table = tables + ((<usize>c) << 2);
      store<f32>(table, <f32>mean);
      store<f32>(table + ((<usize>C) << 2), <f32>(load<f32>(gamma + ((<usize>c) << 2)) * inverse));
      store<f32>(table + ((<usize>C) << 3), load<f32>(beta + ((<usize>c) << 2)));
    }
  }
}

/** The same expression forward and backward, so that both agree on what max(0, .) cut off. */
// @ts-ignore: decorator
@inline export function normalised(x: v128, mean: v128, scale: v128, shift: v128): v128 {
  return madd(f32x4.sub(x, mean), scale, shift);
}

/** One channel of the same, through the same instructions. */
// @ts-ignore: decorator
@inline export function normalisedOne(x: f32, mean: f32, scale: f32, shift: f32): f32 {
  return f32x4.extract_lane(normalised(f32x4.splat(x), f32x4.splat(mean), f32x4.splat(scale), f32x4.splat(shift)), 0);
}

/** Rows [from, end) of positions of `step` bytes to `toY` bytes further on. `means`: three tables of a sample. */
// @ts-ignore: decorator
@inline function applyRows(from: usize, end: usize, step: usize, means: usize, toY: usize, floor: v128): void {
  const toScale = step,
    toShift = 2 * step;
  const low = f32x4.extract_lane(floor, 0);
  let c: usize = 0;
  for (; c + 16 <= step; c += 16) {
    const table = means + c;
    const mean = v128.load(table),
      scale = v128.load(table + toScale),
      shift = v128.load(table + toShift);
    for (let q = from + c; q < end; q += step)
      v128.store(q + toY, f32x4.max(normalised(v128.load(q), mean, scale, shift), floor));
  }
  for (; c < step; c += 4) {
    const table = means + c;
    const mean = load<f32>(table),
      scale = load<f32>(table + toScale),
      shift = load<f32>(table + toShift);
    for (let q = from + c; q < end; q += step)
      store<f32>(q + toY, max(normalisedOne(load<f32>(q), mean, scale, shift), low));
  }
}

// @ts-ignore: decorator
@inline function floorOf(relu: i32): v128 {
  return relu != 0 ? f32x4.splat(0) : f32x4.splat(-Infinity);
}

/** y = (x - mean) * scale + shift, cut at 0 if asked. Arguments: x, y, tables, P, C, per chunk, chunks, relu. */
export function normApply(a: usize, task: i32, slot: i32): void {
  const P = arg(a, 3),
    perChunk = arg(a, 5),
    chunks = arg(a, 6);
  const n = task / chunks,
    first = (task % chunks) * perChunk,
    last = min(P, first + perChunk);
  const step = (<usize>arg(a, 4)) << 2;
  const means = argPointer(a, 2) + <usize>n * 3 * step;
  const floor = floorOf(arg(a, 7));
  const toY = argPointer(a, 1) - argPointer(a, 0);
  const x = argPointer(a, 0) + <usize>n * P * step;
  for (let p = first; p < last; p += BLOCK)
    applyRows(x + <usize>p * step, x + <usize>min(last, p + BLOCK) * step, step, means, toY, floor);
}

/**
 * The same, and the maximum of 2×2×2 of what it gives, four rows at a time. Arguments: x, y, pooled, tables, D, H, W
 * (of pooled), C, relu. Task: (n, d).
 */
export function normApplyPool(a: usize, task: i32, slot: i32): void {
  const D = arg(a, 4),
    H = arg(a, 5),
    W = arg(a, 6);
  const step = (<usize>arg(a, 7)) << 2,
    row = 2 * W * step,
    plane = 2 * H * row;
  const means = argPointer(a, 3) + <usize>(task / D) * 3 * step;
  const floor = floorOf(arg(a, 8));
  const toY = argPointer(a, 1) - argPointer(a, 0);
  let pooled = argPointer(a, 2) + <usize>task * (plane >> 2);
  const first = argPointer(a, 0) + <usize>task * 2 * plane;
  for (let x = first; x < first + plane; x += 2 * row, pooled += row >> 1) {
    applyRows(x, x + 2 * row, step, means, toY, floor);
    applyRows(x + plane, x + plane + 2 * row, step, means, toY, floor);
    maxPoolRow(x + toY, pooled, W, step, row, plane);
  }
}
