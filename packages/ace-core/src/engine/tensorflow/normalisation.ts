import type { Composite } from "../ops/composite.js";
import { KERNELS } from "../ops/contracts.js";
import type { GroupNormAttributes } from "../ops/contracts.js";
import { tf } from "../tf.js";
import { reluGrad } from "./library.js";
import { channelView } from "./views.js";

/**
 * Group norm in as few passes over the volume as single operations allow: everything that is the same for a channel of
 * a sample is worked out on `[samples, channels]` first, so that the volume is only scaled and shifted.
 */
export const NORMALISATION: Readonly<Record<string, Composite>> = {
  [KERNELS.groupNorm]: (input, attributes) => {
    const { groups, epsilon, relu } = attributes as unknown as GroupNormAttributes;
    const { shape } = input("x");
    const { long, repeat, sums } = channelView(shape);
    const x = long(input("x"));
    const count = groupSize(shape, groups);
    const mean = tf.div(groupSums(sums(x), groups), count);
    const channelMean = perChannel(mean, shape);
    const squares = tf.squaredDifference(x, repeat(channelMean));
    const variance = tf.div(groupSums(sums(squares), groups), count);
    const inverseDeviation = tf.rsqrt(tf.add(variance, epsilon));
    // (x − mean) / deviation · gamma + beta as one scale and one shift.
    const scale = tf.mul(perChannel(inverseDeviation, shape), input("gamma"));
    const shift = tf.sub(input("beta"), tf.mul(channelMean, scale));
    const y = tf.add(tf.mul(x, repeat(scale)), repeat(shift));
    return [tf.reshape(relu ? tf.relu(y) : y, shape), mean, inverseDeviation];
  },
  // With δ behind the ReLU and c = x − mean: dx = (γδ − mean of γδ − c / deviation² · mean of γδc) / deviation, the means
  // over the group, which is δ · own + c · slope + shift. c is made first: the sum of δx less mean · sum of δ loses digits.
  [KERNELS.groupNormGrad]: (input, attributes) => {
    const { groups, relu } = attributes as unknown as GroupNormAttributes;
    const { shape } = input("x");
    const gamma = input("gamma");
    const { long, repeat, sums } = channelView(shape);
    const count = groupSize(shape, groups);
    const inverse = perChannel(input("inverseDeviation"), shape);
    const centred = tf.sub(long(input("x")), repeat(perChannel(input("mean"), shape)));
    const own = repeat(tf.mul(gamma, inverse));
    const normalised = (): tf.Tensor =>
      input.has("y") ? long(input("y")) : tf.add(tf.mul(centred, own), repeat(input("beta")));
    const dy = long(input("dy"));
    const behind = relu ? reluGrad(dy, normalised()) : dy;
    const shifts = sums(behind);
    const scales = tf.mul(sums(tf.mul(behind, centred)), inverse);
    const factor = tf.div(inverse, -count);
    const groupSum = (values: tf.Tensor): tf.Tensor => perChannel(groupSums(tf.mul(values, gamma), groups), shape);
    const slope = tf.mul(tf.mul(groupSum(scales), inverse), factor);
    const shift = tf.mul(groupSum(shifts), factor);
    const shared = tf.add(tf.mul(centred, repeat(slope)), repeat(shift));
    return [tf.reshape(tf.add(tf.mul(behind, own), shared), shape), tf.sum(scales, 0), tf.sum(shifts, 0)];
  },
};

/** How many numbers share a mean. */
function groupSize(shape: readonly number[], groups: number): number {
  return shape.slice(1).reduce((product, side) => product * side, 1) / groups;
}

/** `[samples, channels]` summed to `[samples, groups]`. */
function groupSums(sums: tf.Tensor, groups: number): tf.Tensor {
  const [samples = 1, channels = 1] = sums.shape;
  return groups === channels ? sums : tf.sum(tf.reshape(sums, [samples, groups, channels / groups]), 2);
}

/** `[samples, groups]` repeated to `[samples, channels]`. */
function perChannel(values: tf.Tensor, shape: readonly number[]): tf.Tensor {
  const [samples = 1, groups = 1] = values.shape;
  const channels = shape.at(-1) ?? 1;
  if (groups === channels) return values;
  const repeated = tf.tile(tf.reshape(values, [samples, groups, 1]), [1, 1, channels / groups]);
  return tf.reshape(repeated, [samples, channels]);
}
