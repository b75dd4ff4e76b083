import type { Composite } from "../ops/composite.js";
import { KERNELS } from "../ops/contracts.js";
import { tf } from "../tf.js";
import { addBias, channelView } from "./views.js";

type Shape5 = [number, number, number, number, number];
const ones = [1, 1, 1];
const twos = [2, 2, 2];

function raw(kernel: string, inputs: tf.NamedTensorMap, attributes: Record<string, number[] | string>): tf.Tensor {
  return tf.engine().runKernel(kernel, inputs, { pad: "same", ...attributes });
}

const channels = (tensor: tf.Tensor): number => tensor.shape[4] ?? 0;

/** Convolutions from tfjs' own, which have their gradients as kernels too. */
export const CONVOLUTIONS: Readonly<Record<string, Composite>> = {
  [KERNELS.conv3d]: (input) => {
    const y = tf.conv3d(input("x") as tf.Tensor5D, input("filter") as tf.Tensor5D, 1, "same");
    return [input.has("bias") ? addBias(y, input("bias")) : y];
  },
  [KERNELS.conv3dGradInput]: (input) => {
    const [dy, filter] = [input("dy"), input("filter")];
    const inputShape = [...dy.shape.slice(0, 4), filter.shape[3] ?? 0];
    return [raw(tf.Conv3DBackpropInputV2, { dy, filter }, { strides: ones, inputShape })];
  },
  [KERNELS.conv3dGradFilter]: (input, attributes) => {
    const [x, dy] = [input("x"), input("dy")];
    const filterShape = [...(attributes["kernel"] as number[]), channels(x), channels(dy)];
    return [raw(tf.Conv3DBackpropFilterV2, { x, dy }, { strides: ones, filterShape })];
  },
  [KERNELS.convTranspose3d]: (input) => {
    const [x, filter] = [input("x"), input("filter")];
    const [n = 0, d = 0, h = 0, w = 0] = x.shape;
    const shape: Shape5 = [n, 2 * d, 2 * h, 2 * w, filter.shape[3] ?? 0];
    const y = tf.conv3dTranspose(x as tf.Tensor5D, filter as tf.Tensor5D, shape, 2, "same");
    return [addBias(y, input("bias"))];
  },
  // The transposed convolution is the gradient of a strided one, so its gradients are that one and its filter's.
  [KERNELS.convTranspose3dGradInput]: (input) => [
    tf.conv3d(input("dy") as tf.Tensor5D, input("filter") as tf.Tensor5D, 2, "same"),
  ],
  [KERNELS.convTranspose3dGradFilter]: (input) => {
    const [x, dy] = [input("x"), input("dy")];
    const filterShape = [...twos, channels(dy), channels(x)];
    return [raw(tf.Conv3DBackpropFilterV2, { x: dy, dy: x }, { strides: twos, filterShape })];
  },
  // Over a sample's voxels first: libtensorflow sums the middle axis of three faster than the first of two.
  [KERNELS.biasGrad]: (input) => [tf.sum(channelView(input("dy").shape).sums(input("dy")), 0)],
};
