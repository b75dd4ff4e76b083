import { tf } from "../tf.js";
import { KERNELS } from "./contracts.js";
import type { Precision } from "./contracts.js";
import { one } from "./run.js";

tf.registerGradient({
  kernelName: KERNELS.conv3d,
  inputsToSave: ["x", "filter"],
  gradFunc: (dy, saved, attributes) =>
    gradients(dy as tf.Tensor, saved, attributes, KERNELS.conv3dGradInput, KERNELS.conv3dGradFilter),
});

tf.registerGradient({
  kernelName: KERNELS.convTranspose3d,
  inputsToSave: ["x", "filter"],
  gradFunc: (dy, saved, attributes) =>
    gradients(dy as tf.Tensor, saved, attributes, KERNELS.convTranspose3dGradInput, KERNELS.convTranspose3dGradFilter),
});

/** Each only when it is asked for: the first layer's input has no gradient, and most layers have no bias. */
function gradients(
  dy: tf.Tensor,
  saved: tf.Tensor[],
  attributes: tf.NamedAttrMap,
  inputKernel: string,
  filterKernel: string,
): Record<string, () => tf.Tensor> {
  const [x, filter] = saved;
  if (x === undefined || filter === undefined) throw new TypeError(`${filterKernel}: inputs were not saved`);
  return {
    x: () => one(inputKernel, { dy, filter }, attributes),
    filter: () => one(filterKernel, { x, dy }, { ...attributes, kernel: filter.shape.slice(0, 3) }),
    bias: () => one(KERNELS.biasGrad, { dy }),
  };
}

/**
 * 3D convolution (cross-correlation, as everywhere in deep learning), stride 1, zero padding to the same size.
 *
 * @param x `[batch, depth, height, width, in]` float32.
 * @param filter `[kd, kh, kw, in, out]`, every side odd.
 * @param bias `[out]`, or none.
 * @param precision what the convolution and its gradients may multiply in; see {@link Precision}.
 * @returns `[batch, depth, height, width, out]`. Differentiable.
 */
export function conv3d(
  x: tf.Tensor5D,
  filter: tf.Tensor5D,
  bias?: tf.Tensor1D,
  precision: Precision = "float32",
): tf.Tensor5D {
  const inputs = bias === undefined ? { x, filter } : { x, filter, bias };
  return one(KERNELS.conv3d, inputs, { precision }) as tf.Tensor5D;
}

/**
 * Transposed 3D convolution with a 2×2×2 filter and stride 2: every side doubles.
 *
 * @param x `[batch, depth, height, width, in]` float32.
 * @param filter `[2, 2, 2, out, in]`.
 * @param bias `[out]`.
 * @returns `[batch, 2 depth, 2 height, 2 width, out]`. Differentiable.
 */
export function convTranspose3d(
  x: tf.Tensor5D,
  filter: tf.Tensor5D,
  bias: tf.Tensor1D,
  precision: Precision = "float32",
): tf.Tensor5D {
  return one(KERNELS.convTranspose3d, { x, filter, bias }, { precision }) as tf.Tensor5D;
}
