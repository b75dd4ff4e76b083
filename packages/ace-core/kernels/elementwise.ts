// Element by element: sums, products and the optimisers.
import { arg, argFloat, argPointer, madd } from "./simd";

const ADD: i32 = 0,
  SUBTRACT: i32 = 1;

// @ts-ignore: decorator
@inline function combined(operation: i32, p: v128, q: v128): v128 {
  if (operation == ADD) return f32x4.add(p, q);
  return operation == SUBTRACT ? f32x4.sub(p, q) : f32x4.mul(p, q);
}

// Tensors have room for a whole vector behind their end.
// @ts-ignore: decorator
@inline function combine(operation: i32, p: usize, q: usize, y: usize, from: usize, to: usize, single: bool): void {
  const one = single ? v128.load32_splat(q) : f32x4.splat(0);
  for (let i = from; i < to; i += 16)
    v128.store(y + i, combined(operation, v128.load(p + i), single ? one : v128.load(q + i)));
}

/**
 * y = a + b, a - b or a * b. Arguments: a, b, y, length, per task, operation (0, 1, 2), whether b is one number for all.
 */
export function binary(a: usize, task: i32, slot: i32): void {
  const from = (<usize>(task * arg(a, 4))) << 2,
    to = min((<usize>arg(a, 3)) << 2, from + ((<usize>arg(a, 4)) << 2));
  const p = argPointer(a, 0),
    q = argPointer(a, 1),
    y = argPointer(a, 2),
    operation = arg(a, 5);
  // One loop for each, without a branch inside.
  if (arg(a, 6) != 0) {
    if (operation == ADD) combine(ADD, p, q, y, from, to, true);
    else if (operation == SUBTRACT) combine(SUBTRACT, p, q, y, from, to, true);
    else combine(2, p, q, y, from, to, true);
  } else {
    if (operation == ADD) combine(ADD, p, q, y, from, to, false);
    else if (operation == SUBTRACT) combine(SUBTRACT, p, q, y, from, to, false);
    else combine(2, p, q, y, from, to, false);
  }
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
