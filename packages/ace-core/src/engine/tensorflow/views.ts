import { tf } from "../tf.js";

/** From this many numbers side by side on, libtensorflow repeats a row over a volume at the speed of memory. */
const ROW = 256;

/** `[..., channels]` as a matrix of one row per voxel. */
export function rows(tensor: tf.Tensor): tf.Tensor2D {
  return tf.reshape(tensor, [-1, tensor.shape.at(-1) ?? 1]);
}

/** `[samples, ..., channels]` with all voxels of a sample on one axis. */
export function samples(tensor: tf.Tensor): tf.Tensor3D {
  return tf.reshape(tensor, [tensor.shape[0], -1, tensor.shape.at(-1) ?? 1]);
}

/**
 * A volume with a number per channel added to it, multiplied with it, and so on. libtensorflow takes three times as
 * long to repeat 8 numbers as to repeat 256, so that neighbouring voxels are joined to long rows first.
 *
 * @param volume `[samples, ..., channels]`
 * @param values `[channels]`, or `[samples, channels]`
 * @returns the shape of `volume`
 */
export function perChannel(
  operation: (a: tf.Tensor, b: tf.Tensor) => tf.Tensor,
  volume: tf.Tensor,
  values: tf.Tensor,
): tf.Tensor {
  const channels = volume.shape.at(-1) ?? 1;
  const own = values.rank === 2 ? volume.shape[0] : 1;
  const voxels = volume.size / (own * channels);
  let joined = 1;
  while (joined * channels < ROW && voxels % (2 * joined) === 0) joined *= 2;
  const long = tf.reshape(volume, [own, voxels / joined, joined * channels]);
  const repeated = tf.tile(tf.reshape(values, [own, 1, channels]), [1, 1, joined]);
  return tf.reshape(operation(long, repeated), volume.shape);
}
