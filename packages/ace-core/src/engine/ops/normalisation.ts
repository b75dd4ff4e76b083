import { tf } from "../tf.js";
import { KERNELS } from "./contracts.js";
import type { GroupNormAttributes } from "./contracts.js";
import { many } from "./run.js";

tf.registerGradient({
  kernelName: KERNELS.groupNorm,
  inputsToSave: ["x", "gamma", "beta"],
  outputsToSave: [false, true, true],
  gradFunc: (dys, saved, attributes) => {
    const [x, gamma, beta, mean, inverseDeviation] = saved;
    const dy = Array.isArray(dys) ? dys[0] : dys;
    if (!dy || !x || !gamma || !beta || !mean || !inverseDeviation) throw new TypeError("group norm was not saved");
    const inputs = { dy, x, gamma, beta, mean, inverseDeviation };
    const [dx, dgamma, dbeta] = many(KERNELS.groupNormGrad, inputs, attributes, 3);
    return { x: () => dx, gamma: () => dgamma, beta: () => dbeta };
  },
});

tf.registerGradient({
  kernelName: KERNELS.groupNormPool,
  inputsToSave: ["x", "gamma", "beta"],
  outputsToSave: [true, true, true, true],
  gradFunc: (dys, saved, attributes) => {
    const [x, gamma, beta, y, pooled, mean, inverseDeviation] = saved;
    const [dy, dpooled] = Array.isArray(dys) ? dys : [dys];
    if (!dy || !dpooled || !x || !gamma || !beta || !y || !pooled || !mean || !inverseDeviation)
      throw new TypeError("group norm with pooling was not saved");
    const inputs = { dy, dpooled, x, y, pooled, gamma, beta, mean, inverseDeviation };
    const [dx, dgamma, dbeta] = many(KERNELS.groupNormPoolGrad, inputs, attributes, 3);
    return { x: () => dx, gamma: () => dgamma, beta: () => dbeta };
  },
});

/**
 * Group normalisation (Wu & He, ECCV 2018, eq. 1, 2, 7), then max(0, ·) if asked for: one operation, because half the
 * time of a training step goes there when it is made of single ones.
 *
 * @param x `[batch, depth, height, width, channels]` float32.
 * @param gamma `[channels]` scale.
 * @param beta `[channels]` shift.
 * @returns the shape of `x`. Differentiable.
 */
export function groupNorm(
  x: tf.Tensor5D,
  gamma: tf.Tensor1D,
  beta: tf.Tensor1D,
  attributes: GroupNormAttributes,
): tf.Tensor5D {
  return tf.tidy(() => many(KERNELS.groupNorm, { x, gamma, beta }, attributes, 3)[0] as tf.Tensor5D);
}

/**
 * {@link groupNorm}, and the 2×2×2 maximum of what it gives: an encoder needs both, and one pass makes them.
 *
 * @param x `[batch, depth, height, width, channels]` float32, the three sides even.
 * @returns the normalised volume, and the pooled one with every side halved. Both differentiable.
 */
export function groupNormPool(
  x: tf.Tensor5D,
  gamma: tf.Tensor1D,
  beta: tf.Tensor1D,
  attributes: GroupNormAttributes,
): { y: tf.Tensor5D; pooled: tf.Tensor5D } {
  const [y, pooled] = tf.tidy(() => many(KERNELS.groupNormPool, { x, gamma, beta }, attributes, 4).slice(0, 2));
  return { y: y as tf.Tensor5D, pooled: pooled as tf.Tensor5D };
}
