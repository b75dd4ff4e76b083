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
