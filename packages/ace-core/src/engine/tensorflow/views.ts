import { tf } from "../tf.js";

/** From this many numbers side by side on, libtensorflow repeats a row over a volume at the speed of memory. */
const ROW = 256;

/** `[..., channels]` as a matrix of one row per voxel. */
export function rows(tensor: tf.Tensor): tf.Tensor2D {
  return tf.reshape(tensor, [-1, tensor.shape.at(-1) ?? 1]);
}

/** Volumes of one shape, for what is done with a number per channel. */
interface ChannelView {
  /** A volume with neighbouring voxels joined to long rows, `[samples, rows, voxels of a row × channels]`. */
  readonly long: (volume: tf.Tensor) => tf.Tensor;
  /** `[samples, channels]` or `[channels]` to be added to such rows or multiplied with them. */
  readonly repeat: (values: tf.Tensor) => tf.Tensor;
  /** Sums over the voxels of a volume or of its rows, `[samples, channels]`. */
  readonly sums: (volume: tf.Tensor) => tf.Tensor;
}

/**
 * libtensorflow takes three times as long to repeat 8 numbers over a volume as to repeat 256, so that neighbouring
 * voxels are joined until a row is long enough.
 *
 * @param shape `[samples, depth, height, width, channels]`
 */
export function channelView(shape: readonly number[]): ChannelView {
  const [samples = 1] = shape;
  const channels = shape.at(-1) ?? 1;
  const voxels = shape.slice(1, -1).reduce((product, side) => product * side, 1);
  let joined = 1;
  while (joined * channels < ROW && voxels % (2 * joined) === 0) joined *= 2;
  return {
    long: (volume) => tf.reshape(volume, [samples, voxels / joined, joined * channels]),
    repeat: (values) => tf.tile(tf.reshape(values, [-1, 1, channels]), [1, 1, joined]),
    sums: (volume) => tf.sum(tf.reshape(volume, [samples, voxels, channels]), 1),
  };
}

/** A volume with a bias per channel. */
export function addBias(volume: tf.Tensor, bias: tf.Tensor): tf.Tensor {
  const view = channelView(volume.shape);
  return tf.reshape(tf.add(view.long(volume), view.repeat(bias)), volume.shape);
}
