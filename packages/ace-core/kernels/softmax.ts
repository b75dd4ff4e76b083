import { exp4 } from "./exp";
import { gather, scatter } from "./lanes";
import { arg, argPointer } from "./simd";

/**
 * Softmax over the last axis. Arguments: logits, probabilities, scratch (16 K bytes per slot), scratch bytes per slot,
 * rows, K, per task.
 */
export function softmax(a: usize, task: i32, slot: i32): void {
  const logits = argPointer(a, 0),
    probabilities = argPointer(a, 1);
  const scratch = argPointer(a, 2) + <usize>slot * <usize>arg(a, 3);
  const K = arg(a, 5),
    first = task * arg(a, 6),
    last = min(arg(a, 4), first + arg(a, 6));
  const step = (<usize>K) << 2;
  for (let i = first; i < last; i += 4) {
    const count = min(4, last - i);
    const p0 = logits + <usize>i * step,
      p1 = p0 + <usize>min(1, count - 1) * step,
      p2 = p0 + <usize>min(2, count - 1) * step,
      p3 = p0 + <usize>min(3, count - 1) * step;
    let top = f32x4.splat(-Infinity),
      all = f32x4.splat(0);
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
    const total = f32x4.div(f32x4.splat(1), all);
    for (let k = 0; k < K; k++) {
      scatter(
        probabilities + <usize>i * step + ((<usize>k) << 2),
        step,
        count,
        f32x4.mul(v128.load(scratch + ((<usize>k) << 4)), total),
      );
    }
  }
}
