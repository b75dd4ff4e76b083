// Element by element: sums and the optimisers.
import { arg, argFloat, argPointer, madd } from "./simd";

/** y = a + b. Arguments: a, b, y, length, per task. */
export function add(a: usize, task: i32, slot: i32): void {
  const from = task * arg(a, 4),
    to = min(arg(a, 3), from + arg(a, 4));
  const p = argPointer(a, 0),
    q = argPointer(a, 1),
    y = argPointer(a, 2);
  // Tensors have room for a whole vector behind their end.
  for (let i = (<usize>from) << 2; i < (<usize>to) << 2; i += 16)
    v128.store(y + i, f32x4.add(v128.load(p + i), v128.load(q + i)));
}

/**
 * Stochastic gradient descent. Arguments: variable, gradient, velocity, new variable, new velocity, length, per task,
 * nesterov; learning rate, momentum.
 */
export function sgd(a: usize, task: i32, slot: i32): void {
  const from = task * arg(a, 6),
    to = min(arg(a, 5), from + arg(a, 6));
  const w = argPointer(a, 0),
    g = argPointer(a, 1),
    v = argPointer(a, 2),
    w1 = argPointer(a, 3),
    v1 = argPointer(a, 4);
  const nesterov = arg(a, 7) != 0;
  const rate = f32x4.splat(-argFloat(a, 8)),
    momentum = f32x4.splat(argFloat(a, 9));
  for (let i = (<usize>from) << 2; i < (<usize>to) << 2; i += 16) {
    const gradient = v128.load(g + i);
    const velocity = madd(momentum, v128.load(v + i), gradient);
    const step = nesterov ? madd(momentum, velocity, gradient) : velocity;
    v128.store(v1 + i, velocity);
    v128.store(w1 + i, madd(rate, step, v128.load(w + i)));
  }
}

/**
 * Adam. Arguments: variable, gradient, m, v, new variable, new m, new v, length, per task; learning rate / first
 * correction, 1 / second correction, beta1, 1 - beta1, beta2, 1 - beta2, epsilon.
 */
export function adam(a: usize, task: i32, slot: i32): void {
  const from = task * arg(a, 8),
    to = min(arg(a, 7), from + arg(a, 8));
  const w = argPointer(a, 0),
    g = argPointer(a, 1),
    m = argPointer(a, 2),
    v = argPointer(a, 3);
  const w1 = argPointer(a, 4),
    m1 = argPointer(a, 5),
    v1 = argPointer(a, 6);
  const rate = f32x4.splat(-argFloat(a, 9)),
    correction = f32x4.splat(argFloat(a, 10));
  const beta1 = f32x4.splat(argFloat(a, 11)),
    rest1 = f32x4.splat(argFloat(a, 12));
  const beta2 = f32x4.splat(argFloat(a, 13)),
    rest2 = f32x4.splat(argFloat(a, 14)),
    epsilon = f32x4.splat(argFloat(a, 15));
  for (let i = (<usize>from) << 2; i < (<usize>to) << 2; i += 16) {
    const gradient = v128.load(g + i);
    const first = madd(beta1, v128.load(m + i), f32x4.mul(rest1, gradient));
    const second = madd(beta2, v128.load(v + i), f32x4.mul(rest2, f32x4.mul(gradient, gradient)));
    const deviation = f32x4.add(f32x4.sqrt(f32x4.mul(second, correction)), epsilon);
    v128.store(m1 + i, first);
    v128.store(v1 + i, second);
    v128.store(w1 + i, f32x4.add(v128.load(w + i), f32x4.div(f32x4.mul(rate, first), deviation)));
  }
}
