// The gradient of norm.ts, in the same chunks and with tables of the same kind.
import { BLOCK, normalised, normalisedOne } from "./norm";
import { arg, argPointer, madd } from "./simd";

/**
 * Tables of the gradient, per sample [mean][gamma * inverse deviation][beta][inverse deviation]. Arguments: gamma,
 * beta, mean, inverse deviation, tables, C, groups. Task: n.
 */
export function normGradTables(a: usize, task: i32, slot: i32): void {
  const C = arg(a, 5),
    groups = arg(a, 6),
    perGroup = C / groups;
  let table = argPointer(a, 4) + ((<usize>(task * C * 6)) << 2);
  const step = (<usize>C) << 2;
  for (let c = 0; c < C; c++, table += 4) {
    const group = (<usize>(task * groups + c / perGroup)) << 2;
    const inverse = load<f32>(argPointer(a, 3) + group);
    store<f32>(table, load<f32>(argPointer(a, 2) + group));
    store<f32>(table + step, load<f32>(argPointer(a, 0) + ((<usize>c) << 2)) * inverse);
    store<f32>(table + 2 * step, load<f32>(argPointer(a, 1) + ((<usize>c) << 2)));
    store<f32>(table + 3 * step, inverse);
  }
}

/**
 * Per channel of one chunk, float64 [task][C][2]: the sums of dy (where max(0, .) let it through) and of dy times the
 * normalised x. Arguments: dy, x, sums, tables, P, C, per chunk, chunks, relu.
 */
export function normGradSums(a: usize, task: i32, slot: i32): void {
  const P = arg(a, 4),
    C = arg(a, 5),
    perChunk = arg(a, 6),
    chunks = arg(a, 7);
  const n = task / chunks,
    first = (task % chunks) * perChunk,
    last = min(P, first + perChunk);
  const out = argPointer(a, 2) + ((<usize>(task * C)) << 4);
  const step = (<usize>C) << 2;
  const tables = argPointer(a, 3) + <usize>n * 6 * step;
  const floor = arg(a, 8) != 0 ? f32x4.splat(0) : f32x4.splat(-Infinity);
  const low = f32x4.extract_lane(floor, 0);
  const x = argPointer(a, 1) + <usize>n * P * step,
    toDy = argPointer(a, 0) - argPointer(a, 1);
  memory.fill(out, 0, (<usize>C) << 4);
  for (let p = first; p < last; p += BLOCK) {
    const from = x + <usize>p * step,
      end = x + <usize>min(last, p + BLOCK) * step;
    let c: usize = 0;
    for (; c + 16 <= step; c += 16) {
      const table = tables + c;
      const mean = v128.load(table),
        scale = v128.load(table + step),
        shift = v128.load(table + 2 * step);
      let s = f32x4.splat(0),
        t = s;
      for (let q = from + c; q < end; q += step) {
        const value = v128.load(q);
        const dy = v128.and(v128.load(q + toDy), f32x4.gt(normalised(value, mean, scale, shift), floor));
        s = f32x4.add(s, dy);
        t = madd(dy, f32x4.sub(value, mean), t);
      }
      t = f32x4.mul(t, v128.load(table + 3 * step));
      const to = out + (c << 2);
      addPair(to, f32x4.extract_lane(s, 0), f32x4.extract_lane(t, 0));
      addPair(to + 16, f32x4.extract_lane(s, 1), f32x4.extract_lane(t, 1));
      addPair(to + 32, f32x4.extract_lane(s, 2), f32x4.extract_lane(t, 2));
      addPair(to + 48, f32x4.extract_lane(s, 3), f32x4.extract_lane(t, 3));
    }
    for (; c < step; c += 4) {
      const table = tables + c;
      const mean = load<f32>(table),
        scale = load<f32>(table + step),
        shift = load<f32>(table + 2 * step);
      let s: f32 = 0,
        t: f32 = 0;
      for (let q = from + c; q < end; q += step) {
        const value = load<f32>(q);
        const dy = normalisedOne(value, mean, scale, shift) > low ? load<f32>(q + toDy) : 0;
        s += dy;
        t += dy * (value - mean);
      }
      addPair(out + (c << 2), s, t * load<f32>(table + 3 * step));
    }
  }
}

// @ts-ignore: decorator
@inline function addPair(to: usize, s: f32, t: f32): void {
  store<f64>(to, load<f64>(to) + s);
  store<f64>(to, load<f64>(to, 8) + t, 8);
}

/**
 * dgamma and dbeta, and the last two tables: what a group's sums take away from dx. Arguments: sums, gamma, dgamma,
 * dbeta, tables, N, P, C, chunks, groups. Task: one group.
 */
export function normGradFinish(a: usize, task: i32, slot: i32): void {
  const sums = argPointer(a, 0),
    gamma = argPointer(a, 1);
  const N = arg(a, 5),
    P = arg(a, 6),
    C = arg(a, 7),
    chunks = arg(a, 8),
    perGroup = C / arg(a, 9);
  const step = (<usize>C) << 2,
    c0 = task * perGroup,
    c1 = c0 + perGroup;
  const size = <f64>P * <f64>perGroup;
  memory.fill(argPointer(a, 2) + ((<usize>c0) << 2), 0, (<usize>perGroup) << 2);
  memory.fill(argPointer(a, 3) + ((<usize>c0) << 2), 0, (<usize>perGroup) << 2);
  for (let n = 0; n < N; n++) {
    let groupS: f64 = 0,
      groupT: f64 = 0;
    for (let c = c0; c < c1; c++) {
      let s: f64 = 0,
        t: f64 = 0;
      for (let k = 0; k < chunks; k++) {
        const from = sums + ((<usize>((n * chunks + k) * C + c)) << 4);
        s += load<f64>(from);
        t += load<f64>(from, 8);
      }
      const at = (<usize>c) << 2;
      store<f32>(argPointer(a, 3) + at, load<f32>(argPointer(a, 3) + at) + <f32>s);
      store<f32>(argPointer(a, 2) + at, load<f32>(argPointer(a, 2) + at) + <f32>t);
      groupS += <f64>load<f32>(gamma + at) * s;
      groupT += <f64>load<f32>(gamma + at) * t;
    }
    for (let c = c0; c < c1; c++) {
      const table = argPointer(a, 4) + <usize>n * 6 * step + ((<usize>c) << 2);
      const inverse = <f64>load<f32>(table + 3 * step);
      store<f32>(table + 4 * step, <f32>((inverse * groupS) / size));
      // times (x - mean), not yet divided by the deviation
      store<f32>(table + 5 * step, <f32>((inverse * inverse * groupT) / size));
    }
  }
}

/** dx = scale * dy - u - (x - mean) * v. Arguments: dy, x, dx, tables, P, C, per chunk, chunks, relu. */
export function normGradApply(a: usize, task: i32, slot: i32): void {
  const P = arg(a, 4),
    C = arg(a, 5),
    perChunk = arg(a, 6),
    chunks = arg(a, 7);
  const n = task / chunks,
    first = (task % chunks) * perChunk,
    last = min(P, first + perChunk);
  const step = (<usize>C) << 2;
  const tables = argPointer(a, 3) + <usize>n * 6 * step;
  const floor = arg(a, 8) != 0 ? f32x4.splat(0) : f32x4.splat(-Infinity);
  const low = f32x4.extract_lane(floor, 0);
  const x = argPointer(a, 1) + <usize>n * P * step;
  const toDy = argPointer(a, 0) - argPointer(a, 1),
    toDx = argPointer(a, 2) - argPointer(a, 1);
  for (let p = first; p < last; p += BLOCK) {
    const from = x + <usize>p * step,
      end = x + <usize>min(last, p + BLOCK) * step;
    let c: usize = 0;
    for (; c + 16 <= step; c += 16) {
      const table = tables + c;
      const mean = v128.load(table),
        scale = v128.load(table + step),
        shift = v128.load(table + 2 * step);
      const u = v128.load(table + 4 * step),
        v = v128.load(table + 5 * step);
      for (let q = from + c; q < end; q += step) {
        const value = v128.load(q);
        const dy = v128.and(v128.load(q + toDy), f32x4.gt(normalised(value, mean, scale, shift), floor));
        const away = madd(f32x4.sub(value, mean), v, u);
        v128.store(q + toDx, f32x4.sub(f32x4.mul(scale, dy), away));
      }
    }
    for (; c < step; c += 4) {
      const table = tables + c;
      const mean = load<f32>(table),
        scale = load<f32>(table + step),
        shift = load<f32>(table + 2 * step);
      const u = load<f32>(table + 4 * step),
        v = load<f32>(table + 5 * step);
      for (let q = from + c; q < end; q += step) {
        const value = load<f32>(q);
        const dy = normalisedOne(value, mean, scale, shift) > low ? load<f32>(q + toDy) : 0;
        store<f32>(q + toDx, scale * dy - (u + (value - mean) * v));
      }
    }
  }
}
