import { tf } from "../tf.js";

/** `[..., channels]` as a matrix of one row per voxel. */
export function rows(tensor: tf.Tensor): tf.Tensor2D {
  return tf.reshape(tensor, [-1, tensor.shape.at(-1) ?? 1]);
}

/** Sum over all voxels of all samples, `[channels]`. */
export function channelSums(tensor: tf.Tensor): tf.Tensor {
  return tf.sum(rows(tensor), 0);
}
