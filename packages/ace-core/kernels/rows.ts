// The inner loop of every convolution: one output row, eight output channels at a time.
//
// An output position is the sum over a few input runs (the rows of the kernel window) of a dot product of `run` floats
// with a packed panel of weights [run][8]. Neighbouring positions read runs that start `step` bytes apart. Four positions
// times eight channels stay in registers (with six, V8 spills and the speed halves). `table` holds one (input pointer, weight pointer) pair per run.
import { madd, storeSome } from "./simd";

// @ts-ignore: decorator
@inline function put(p: usize, lo: v128, hi: v128, channels: i32): void {
  if (channels >= 8) {
    v128.store(p, lo);
    v128.store(p, hi, 16);
  } else storeSome(p, lo, hi, channels);
}

function four(
  table: usize,
  runs: i32,
  offset: usize,
  run: usize,
  step: usize,
  bias: usize,
  y: usize,
  yStep: usize,
  channels: i32,
): void {
  let a0 = v128.load(bias),
    a1 = v128.load(bias, 16);
  let b0 = a0,
    b1 = a1,
    c0 = a0,
    c1 = a1,
    d0 = a0,
    d1 = a1;
  const step2 = step * 2,
    step3 = step * 3;
  for (const end = table + ((<usize>runs) << 3); table < end; table += 8) {
    let q = load<usize>(table) + offset;
    let w = load<usize>(table, 4);
    for (const stop = q + run; q < stop; q += 4, w += 32) {
      const w0 = v128.load(w),
        w1 = v128.load(w, 16);
      let s = v128.load32_splat(q);
      a0 = madd(s, w0, a0);
      a1 = madd(s, w1, a1);
      s = v128.load32_splat(q + step);
      b0 = madd(s, w0, b0);
      b1 = madd(s, w1, b1);
      s = v128.load32_splat(q + step2);
      c0 = madd(s, w0, c0);
      c1 = madd(s, w1, c1);
      s = v128.load32_splat(q + step3);
      d0 = madd(s, w0, d0);
      d1 = madd(s, w1, d1);
    }
  }
  put(y, a0, a1, channels);
  put(y + yStep, b0, b1, channels);
  put(y + 2 * yStep, c0, c1, channels);
  put(y + 3 * yStep, d0, d1, channels);
}

function one(table: usize, runs: i32, offset: usize, run: usize, bias: usize, y: usize, channels: i32): void {
  let a0 = v128.load(bias),
    a1 = v128.load(bias, 16);
  for (const end = table + ((<usize>runs) << 3); table < end; table += 8) {
    let q = load<usize>(table) + offset;
    let w = load<usize>(table, 4);
    for (const stop = q + run; q < stop; q += 4, w += 32) {
      const s = v128.load32_splat(q);
      a0 = madd(s, v128.load(w), a0);
      a1 = madd(s, v128.load(w, 16), a1);
    }
  }
  put(y, a0, a1, channels);
}

/**
 * One output row: `positions` outputs of `channels` (at most 8) channels, `yStep` bytes apart.
 * `run` is in bytes. The blocks depend on `positions` alone, so that sums do not depend on who computes the row.
 */
export function outputRow(
  table: usize,
  runs: i32,
  run: usize,
  step: usize,
  bias: usize,
  positions: i32,
  y: usize,
  yStep: usize,
  channels: i32,
): void {
  let offset: usize = 0;
  while (positions > 0) {
    let done = 1;
    if (positions >= 4) {
      four(table, runs, offset, run, step, bias, y, yStep, channels);
      done = 4;
    } else one(table, runs, offset, run, bias, y, channels);
    positions -= done;
    offset += <usize>done * step;
    y += <usize>done * yStep;
  }
}
