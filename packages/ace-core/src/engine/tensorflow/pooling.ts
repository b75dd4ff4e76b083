import { KERNELS } from "../ops/contracts.js";
import { tf } from "../tf.js";
import type { Composite } from "../ops/composite.js";

/** The 2×2×2 corners of a block in memory order. */
const CORNERS = Array.from({ length: 8 }, (_, tap) => [tap >> 2, (tap >> 1) & 1, tap & 1] as const);

/** Pooling. TensorFlow and tfjs differ in what they do with equal voxels, so the gradient says it itself. */
export const POOLING: Readonly<Record<string, Composite>> = {
  [KERNELS.maxPool3d]: (input) => [tf.maxPool3d(input("x") as tf.Tensor5D, 2, 2, "valid")],
  [KERNELS.maxPool3dGrad]: (input) => {
    const [dy, x, y] = [input("dy"), input("x"), input("y")];
    let left = tf.onesLike(y);
    const parts = CORNERS.map(([z, row, column]) => {
      const corner = tf.stridedSlice(x, [0, z, row, column, 0], x.shape, [1, 2, 2, 2, 1]);
      const taken = tf.mul(tf.cast(tf.equal(corner, y), "float32"), left);
      left = tf.sub(left, taken);
      return tf.mul(dy, taken);
    });
    return [interleave(parts, x.shape)];
  },
};

/** Puts the eight corners of all blocks back into one volume: along width, then height, then depth. */
function interleave(corners: tf.Tensor[], shape: readonly number[]): tf.Tensor {
  const [n = 0, d = 0, h = 0, w = 0, c = 0] = shape;
  const pairs = (parts: tf.Tensor[], axis: number, to: number[]): tf.Tensor[] =>
    parts.flatMap((part, i) => {
      const next = parts[i + 1];
      return i % 2 === 0 && next !== undefined ? [tf.reshape(tf.stack([part, next], axis), to)] : [];
    });
  const lines = pairs(corners, 4, [n, d / 2, h / 2, w, c]);
  const planes = pairs(lines, 3, [n, d / 2, h, w, c]);
  const [volume] = pairs(planes, 2, [n, d, h, w, c]);
  if (volume === undefined) throw new TypeError("a block has eight corners");
  return volume;
}
