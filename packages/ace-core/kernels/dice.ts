// Marginal Dice in two passes; the conventions are those of ace.ts.
import { exp4 } from "./exp";
import { gather, has, lookUp, scatter, sumLanes } from "./lanes";
import { arg, argPointer } from "./simd";

/** Voxels over which the sums of marginal Dice stay in float32. */
const DICE_BLOCK = 1024;

/**
 * First pass of marginal Dice: softmax into `probabilities`, and per chunk and foreground set the float64 sums
 * [sum of P g][sum of P + g] over the voxels whose label tells. Arguments: logits, labels, inside and outside (u32 per
 * label and word: bit f of word w says what the label says about foreground set 32 w + f, all labels of a word side by
 * side), foreground (u32 per f: its classes), probabilities,
 * sums, scratch (16 K + 32 F bytes per slot), scratch bytes per slot, voxels, K, F, per task, labels. Task: a chunk.
 */
export function diceSums(a: usize, task: i32, slot: i32): void {
  const logits = argPointer(a, 0),
    labels = argPointer(a, 1),
    insides = argPointer(a, 2),
    outsides = argPointer(a, 3);
  const foreground = argPointer(a, 4),
    probabilities = argPointer(a, 5);
  const K = arg(a, 10),
    F = arg(a, 11),
    first = task * arg(a, 12),
    last = min(arg(a, 9), first + arg(a, 12));
  const sums = argPointer(a, 6) + ((<usize>(task * F)) << 4);
  const scratch = argPointer(a, 7) + <usize>slot * <usize>arg(a, 8),
    running = scratch + ((<usize>K) << 4);
  const step = (<usize>K) << 2,
    word = (<usize>arg(a, 13)) << 2,
    one4 = f32x4.splat(1),
    zero = f32x4.splat(0);
  memory.fill(sums, 0, (<usize>F) << 4);
  for (let block = first; block < last; block += DICE_BLOCK) {
    memory.fill(running, 0, (<usize>F) << 5);
    const end = min(last, block + DICE_BLOCK);
    for (let i = block; i < end; i += 4) {
      const count = min(4, end - i);
      const i1 = i + min(1, count - 1),
        i2 = i + min(2, count - 1),
        i3 = i + min(3, count - 1);
      const p0 = logits + <usize>i * step,
        p1 = logits + <usize>i1 * step,
        p2 = logits + <usize>i2 * step,
        p3 = logits + <usize>i3 * step;
      const l0 = labels + ((<usize>i) << 2),
        l1 = labels + ((<usize>i1) << 2),
        l2 = labels + ((<usize>i2) << 2),
        l3 = labels + ((<usize>i3) << 2);
      let top = f32x4.splat(-Infinity),
        all = zero;
      for (let k = 0; k < K; k++) {
        const z = gather(p0, p1, p2, p3, (<usize>k) << 2);
        v128.store(scratch + ((<usize>k) << 4), z);
        top = f32x4.max(top, z);
      }
      for (let k = 0; k < K; k++) {
        const at = scratch + ((<usize>k) << 4),
          e = exp4(f32x4.sub(v128.load(at), top));
        v128.store(at, e);
        all = f32x4.add(all, e);
      }
      const total = f32x4.div(one4, all);
      for (let k = 0; k < K; k++) {
        const at = scratch + ((<usize>k) << 4),
          p = f32x4.mul(v128.load(at), total);
        v128.store(at, p);
        scatter(probabilities + <usize>i * step + ((<usize>k) << 2), step, count, p);
      }
      // lanes behind the last voxel repeat it and must not count
      const real = i32x4.lt_s(i32x4(0, 1, 2, 3), i32x4.splat(count));
      let inside4 = zero,
        outside4 = zero;
      for (let f = 0; f < F; f++) {
        if ((f & 31) == 0) {
          const at = <usize>(f >>> 5) * word;
          inside4 = v128.and(lookUp(insides + at, l0, l1, l2, l3), real);
          outside4 = v128.and(lookUp(outsides + at, l0, l1, l2, l3), real);
        }
        const within = has(inside4, f & 31),
          without = has(outside4, f & 31);
        const P = merged(scratch, load<u32>(foreground + ((<usize>f) << 2)));
        const at = running + ((<usize>f) << 5),
          hit = v128.and(P, within);
        v128.store(at, f32x4.add(v128.load(at), hit));
        const both = f32x4.add(f32x4.add(hit, v128.and(one4, within)), v128.and(P, without));
        v128.store(at, f32x4.add(v128.load(at, 16), both), 16);
      }
    }
    for (let f = 0; f < F; f++) {
      const at = running + ((<usize>f) << 5),
        to = sums + ((<usize>f) << 4);
      store<f64>(to, load<f64>(to) + sumLanes(v128.load(at), 4));
      store<f64>(to, load<f64>(to, 8) + sumLanes(v128.load(at, 16), 4), 8);
    }
  }
}

/** The sum of the vectors of the classes in `set`. */
// @ts-ignore: decorator
@inline function merged(columns: usize, set: u32): v128 {
  let sum = f32x4.splat(0);
  for (; set != 0; set &= set - 1) sum = f32x4.add(sum, v128.load(columns + ((<usize>ctz(set)) << 4)));
  return sum;
}

/**
 * Second pass: probabilities become the gradient, in place. With slope the derivative of the loss by P of a voxel,
 * dz_k = p_k (sum over sets f with k of slope_f - sum over f of slope_f P_f). Arguments: probabilities, labels, inside,
 * outside, foreground, slopes (float32 per f: [if inside][if outside]), scratch (32 K bytes per slot), scratch bytes per
 * slot, voxels, K, F, per task, labels. Task: a chunk.
 */
export function diceGrad(a: usize, task: i32, slot: i32): void {
  const probabilities = argPointer(a, 0),
    labels = argPointer(a, 1),
    insides = argPointer(a, 2),
    outsides = argPointer(a, 3);
  const foreground = argPointer(a, 4),
    slopes = argPointer(a, 5);
  const K = arg(a, 9),
    F = arg(a, 10),
    first = task * arg(a, 11),
    last = min(arg(a, 8), first + arg(a, 11));
  const scratch = argPointer(a, 6) + <usize>slot * <usize>arg(a, 7),
    width = (<usize>K) << 4;
  const step = (<usize>K) << 2,
    word = (<usize>arg(a, 12)) << 2,
    zero = f32x4.splat(0);
  for (let i = first; i < last; i += 4) {
    const count = min(4, last - i);
    const i1 = i + min(1, count - 1),
      i2 = i + min(2, count - 1),
      i3 = i + min(3, count - 1);
    const p0 = probabilities + <usize>i * step,
      p1 = probabilities + <usize>i1 * step,
      p2 = probabilities + <usize>i2 * step,
      p3 = probabilities + <usize>i3 * step;
    const l0 = labels + ((<usize>i) << 2),
      l1 = labels + ((<usize>i1) << 2),
      l2 = labels + ((<usize>i2) << 2),
      l3 = labels + ((<usize>i3) << 2);
    for (let k = 0; k < K; k++) {
      v128.store(scratch + ((<usize>k) << 4), gather(p0, p1, p2, p3, (<usize>k) << 2));
      v128.store(scratch + width + ((<usize>k) << 4), zero);
    }
    let mean = zero,
      inside4 = zero,
      outside4 = zero;
    for (let f = 0; f < F; f++) {
      if ((f & 31) == 0) {
        const at = <usize>(f >>> 5) * word;
        inside4 = lookUp(insides + at, l0, l1, l2, l3);
        outside4 = lookUp(outsides + at, l0, l1, l2, l3);
      }
      const pair = slopes + ((<usize>f) << 3);
      const slope = v128.or(
        v128.and(v128.load32_splat(pair), has(inside4, f & 31)),
        v128.and(v128.load32_splat(pair, 4), has(outside4, f & 31)),
      );
      const set = load<u32>(foreground + ((<usize>f) << 2));
      mean = f32x4.add(mean, f32x4.mul(slope, merged(scratch, set)));
      for (let rest = set; rest != 0; rest &= rest - 1) {
        const at = scratch + width + ((<usize>ctz(rest)) << 4);
        v128.store(at, f32x4.add(v128.load(at), slope));
      }
    }
    for (let k = 0; k < K; k++) {
      const at = scratch + ((<usize>k) << 4);
      const g = f32x4.mul(v128.load(at), f32x4.sub(v128.load(at + width), mean));
      scatter(p0 + ((<usize>k) << 2), step, count, g);
    }
  }
}
