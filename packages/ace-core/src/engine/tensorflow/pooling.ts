import type { Composite } from "../ops/composite.js";
import { KERNELS } from "../ops/contracts.js";
import { tf } from "../tf.js";
import { reluGrad } from "./library.js";

const [DEPTH, HEIGHT, WIDTH] = [1, 2, 3];
type Halves = readonly [first: tf.Tensor, second: tf.Tensor];

/**
 * Pooling along the width, then the height, then the depth: of equal voxels the first in memory order is taken if each
 * of these takes the first. libtensorflow's own takes four times as long, its gradient twelve times, and that one
 * treats equal voxels in another way.
 */
export const POOLING: Readonly<Record<string, Composite>> = {
  [KERNELS.maxPool3d]: (input) => {
    const lines = larger(halves(input("x"), WIDTH));
    const planes = larger(halves(lines, HEIGHT));
    return [larger(halves(planes, DEPTH))];
  },
  [KERNELS.maxPool3dGrad]: (input) => {
    const inWidth = halves(input("x"), WIDTH);
    const inHeight = halves(larger(inWidth), HEIGHT);
    const inDepth = halves(larger(inHeight), DEPTH);
    const planes = spread(input("dy"), inDepth, DEPTH);
    const lines = spread(planes, inHeight, HEIGHT);
    return [spread(lines, inWidth, WIDTH)];
  },
};

const larger = ([first, second]: Halves): tf.Tensor => tf.maximum(first, second);

/** The voxels at even and at odd places along an axis, which becomes half as long. */
function halves(volume: tf.Tensor, axis: number): Halves {
  const half = volume.shape.map((side, i) => (i === axis ? side / 2 : side));
  const pairs = asPairs(half, axis);
  const [count, length] = [pairs[0], pairs[2]];
  const joined = tf.reshape(volume, [count, 2 * length]);
  const part = (from: number): tf.Tensor => tf.reshape(tf.slice(joined, [0, from], [count, length]), half);
  return [part(0), part(length)];
}

/** Gives the gradient of the larger of two halves to that one, to the first of equal ones. */
function spread(dy: tf.Tensor, [first, second]: Halves, axis: number): tf.Tensor {
  const [count, , length] = asPairs(dy.shape, axis);
  const toSecond = reluGrad(dy, tf.sub(second, first));
  const parts = [tf.sub(dy, toSecond), toSecond].map((part) => tf.reshape(part, [count, length]));
  return tf.reshape(
    tf.concat(parts, 1),
    dy.shape.map((side, i) => (i === axis ? 2 * side : side)),
  );
}

/** A volume as `[pairs, 2, numbers]` along an axis that is `half` as long. */
function asPairs(half: readonly number[], axis: number): [number, 2, number] {
  const product = (sides: readonly number[]): number => sides.reduce((all, side) => all * side, 1);
  return [product(half.slice(0, axis + 1)), 2, product(half.slice(axis + 1))];
}
