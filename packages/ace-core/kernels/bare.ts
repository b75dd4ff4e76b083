// The speed of multiply and add with nothing around it: what convolutions are measured against.
import { arg, argPointer, madd } from "./simd";

/**
 * `rounds` times twelve independent multiply-adds of four floats each, in registers. Arguments: out (16 bytes per
 * task), rounds. Task: one repetition.
 */
export function multiplyAdd(a: usize, task: i32, slot: i32): void {
  const x = f32x4.splat(0.999),
    y = f32x4.splat(1e-3);
  let s0 = f32x4.splat(1),
    s1 = f32x4.splat(2),
    s2 = f32x4.splat(3),
    s3 = f32x4.splat(4),
    s4 = f32x4.splat(5),
    s5 = f32x4.splat(6);
  let t0 = s1,
    t1 = s2,
    t2 = s3,
    t3 = s4,
    t4 = s5,
    t5 = s0;
  for (let i = arg(a, 1); i > 0; i--) {
    s0 = madd(s0, x, y);
    s1 = madd(s1, x, y);
    s2 = madd(s2, x, y);
    s3 = madd(s3, x, y);
    s4 = madd(s4, x, y);
    s5 = madd(s5, x, y);
    t0 = madd(t0, x, y);
    t1 = madd(t1, x, y);
    t2 = madd(t2, x, y);
    t3 = madd(t3, x, y);
    t4 = madd(t4, x, y);
    t5 = madd(t5, x, y);
  }
  const s = f32x4.add(f32x4.add(f32x4.add(s0, s1), f32x4.add(s2, s3)), f32x4.add(s4, s5));
  const t = f32x4.add(f32x4.add(f32x4.add(t0, t1), f32x4.add(t2, t3)), f32x4.add(t4, t5));
  v128.store(argPointer(a, 0) + ((<usize>task) << 4), f32x4.add(s, t));
}
