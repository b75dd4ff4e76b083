import type { tf } from "../tf.js";
import { KERNELS } from "./contracts.js";
import type { AdamAttributes, SgdAttributes } from "./contracts.js";
import { many } from "./run.js";

/**
 * One step of stochastic gradient descent with momentum, plain or Nesterov's, in PyTorch's form.
 *
 * @param velocity zeros before the first step.
 * @returns new tensors; the caller disposes the old ones.
 */
export function sgdStep(
  variable: tf.Tensor,
  gradient: tf.Tensor,
  velocity: tf.Tensor,
  attributes: SgdAttributes,
): { variable: tf.Tensor; velocity: tf.Tensor } {
  const [next, nextVelocity] = many(KERNELS.sgd, { variable, gradient, velocity }, attributes, 2);
  return { variable: next, velocity: nextVelocity };
}

/**
 * One step of Adam (Kingma & Ba, ICLR 2015, algorithm 1).
 *
 * @param m first moment, zeros before the first step.
 * @param v second moment, zeros before the first step.
 * @returns new tensors; the caller disposes the old ones.
 */
export function adamStep(
  variable: tf.Tensor,
  gradient: tf.Tensor,
  m: tf.Tensor,
  v: tf.Tensor,
  attributes: AdamAttributes,
): { variable: tf.Tensor; m: tf.Tensor; v: tf.Tensor } {
  const [next, nextM, nextV] = many(KERNELS.adam, { variable, gradient, m, v }, attributes, 3);
  return { variable: next, m: nextM, v: nextV };
}
