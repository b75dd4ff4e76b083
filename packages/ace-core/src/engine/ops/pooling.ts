import { tf } from "../tf.js";
import { KERNELS } from "./contracts.js";
import { one } from "./run.js";

tf.registerGradient({
  kernelName: KERNELS.maxPool3d,
  inputsToSave: ["x"],
  outputsToSave: [true],
  gradFunc: (dy, [x, y]) => ({
    x: () => {
      if (x === undefined || y === undefined) throw new TypeError("pooling was not saved");
      return one(KERNELS.maxPool3dGrad, { dy: dy as tf.Tensor, x, y });
    },
  }),
});

/**
 * Maximum over blocks of 2×2×2 voxels, stride 2. The gradient goes to the first of equal voxels in memory order.
 *
 * @param x `[batch, depth, height, width, channels]`, the three sides even.
 * @returns every side halved. Differentiable.
 */
export function maxPool3d(x: tf.Tensor5D): tf.Tensor5D {
  return one(KERNELS.maxPool3d, { x }) as tf.Tensor5D;
}
