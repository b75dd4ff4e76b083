// Losses over logits [voxels][K] and label indices [voxels], four voxels side by side. Each slot has scratch for a few
// columns of K vectors. Sums over voxels are float64, one per task; the caller adds them up in order.
import { exp4, log1p4, log4 } from "./exp";
import { gather, has, lookUp, scatter, sumLanes } from "./lanes";
import { arg, argFloat, argPointer } from "./simd";

/**
 * Adaptive cross entropy of chunks of voxels: per voxel LSE over all z - LSE over the label's set, and the gradient
 * divided by the number of voxels. Arguments: logits, labels, sets (u32 per label), gradient, losses (float64 per
 * task), scratch (32 K bytes per slot), scratch bytes per slot, voxels, K, per task; 1 / voxels. Task: a chunk.
 */
export function ace(a: usize, task: i32, slot: i32): void {
  const logits = argPointer(a, 0),
    labels = argPointer(a, 1),
    sets = argPointer(a, 2),
    gradient = argPointer(a, 3);
  const scratch = argPointer(a, 5) + <usize>slot * <usize>arg(a, 6);
  const K = arg(a, 8),
    first = task * arg(a, 9),
    last = min(arg(a, 7), first + arg(a, 9));
  const share = f32x4.splat(argFloat(a, 10)),
    zero = f32x4.splat(0),
    lowest = f32x4.splat(-Infinity);
  const step = (<usize>K) << 2,
    width = (<usize>K) << 4;
  let loss: f64 = 0;
  for (let i = first; i < last; i += 4) {
    const count = min(4, last - i);
    const i1 = i + min(1, count - 1),
      i2 = i + min(2, count - 1),
      i3 = i + min(3, count - 1);
    const p0 = logits + <usize>i * step,
      p1 = logits + <usize>i1 * step,
      p2 = logits + <usize>i2 * step,
      p3 = logits + <usize>i3 * step;
    const set = lookUp(
      sets,
      labels + ((<usize>i) << 2),
      labels + ((<usize>i1) << 2),
      labels + ((<usize>i2) << 2),
      labels + ((<usize>i3) << 2),
    );
    let top = lowest,
      setTop = lowest;
    for (let k = 0; k < K; k++) {
      const z = gather(p0, p1, p2, p3, (<usize>k) << 2);
      v128.store(scratch + ((<usize>k) << 4), z);
      top = f32x4.max(top, z);
      setTop = f32x4.max(setTop, v128.bitselect(z, lowest, has(set, k)));
    }
    let all = zero,
      outside = zero,
      inside = zero;
    const far = f32x4.gt(top, setTop);
    // where all four maxima lie in the sets, one exponential serves both sums
    const apart = v128.any_true(far);
    for (let k = 0; k < K; k++) {
      const at = scratch + ((<usize>k) << 4),
        z = v128.load(at),
        within = has(set, k);
      const e = exp4(f32x4.sub(z, top));
      const s = v128.and(apart ? exp4(f32x4.sub(z, setTop)) : e, within);
      all = f32x4.add(all, e);
      outside = f32x4.add(outside, v128.andnot(e, within));
      inside = f32x4.add(inside, s);
      v128.store(at, e);
      v128.store(at + width, s);
    }
    // where the maximum lies in the set: log(1 + outside / inside), which is exact near 0
    const near4 = log1p4(f32x4.div(outside, inside));
    const far4 = f32x4.add(f32x4.sub(top, setTop), log4(f32x4.div(all, inside)));
    loss += sumLanes(v128.bitselect(far4, near4, far), count);
    // p - [in the set] p / s = -(share in the set) * (probability outside) inside the set, p outside of it
    const total = f32x4.div(share, all);
    const lack = f32x4.neg(f32x4.div(f32x4.mul(outside, total), inside));
    for (let k = 0; k < K; k++) {
      const at = scratch + ((<usize>k) << 4);
      const g = v128.bitselect(f32x4.mul(v128.load(at + width), lack), f32x4.mul(v128.load(at), total), has(set, k));
      scatter(gradient + <usize>i * step + ((<usize>k) << 2), step, count, g);
    }
  }
  store<f64>(argPointer(a, 4) + ((<usize>task) << 3), loss);
}
