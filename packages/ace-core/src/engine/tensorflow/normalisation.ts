import type { Composite } from "../ops/composite.js";
import { KERNELS } from "../ops/contracts.js";
import type { GroupNormAttributes } from "../ops/contracts.js";
import { tf } from "../tf.js";
import { reluGrad } from "./library.js";
import { perChannel, samples } from "./views.js";

/**
 * Group norm in as few passes over the volume as single operations allow: everything that is the same for a channel of
 * a sample is worked out on `[samples, channels]` first, so that the volume is only scaled and shifted.
 */
export const NORMALISATION: Readonly<Record<string, Composite>> = {
  [KERNELS.groupNorm]: (input, attributes) => {
    const { groups, epsilon, relu } = attributes as unknown as GroupNormAttributes;
    const x = input("x");
    const count = groupSize(x, groups);
    const mean = tf.div(groupSums(voxelSums(x), groups), count);
    const squares = perChannel(tf.squaredDifference, x, channelsOf(mean, x));
    const variance = tf.div(groupSums(voxelSums(squares), groups), count);
    const inverseDeviation = tf.rsqrt(tf.add(variance, epsilon));
    // (x − mean) / deviation · gamma + beta as one scale and one shift.
    const scale = tf.mul(channelsOf(inverseDeviation, x), input("gamma"));
    const shift = tf.sub(input("beta"), tf.mul(channelsOf(mean, x), scale));
    const y = perChannel(tf.add, perChannel(tf.mul, x, scale), shift);
    return [relu ? tf.relu(y) : y, mean, inverseDeviation];
  },
  // With δ behind the ReLU and c = x − mean: dx = (γδ − mean of γδ − c / deviation² · mean of γδc) / deviation, the means
  // over the group, which is δ · own + c · slope + shift. c is made first: the sum of δx less mean · sum of δ loses digits.
  [KERNELS.groupNormGrad]: (input, attributes) => {
    const { groups, relu } = attributes as unknown as GroupNormAttributes;
    const [x, dy, gamma] = [input("x"), input("dy"), input("gamma")];
    const count = groupSize(x, groups);
    const inverse = channelsOf(input("inverseDeviation"), x);
    const own = tf.mul(gamma, inverse);
    const centred = perChannel(tf.sub, x, channelsOf(input("mean"), x));
    const normalised = (): tf.Tensor => perChannel(tf.add, perChannel(tf.mul, centred, own), input("beta"));
    const behind = relu ? reluGrad(dy, normalised()) : dy;
    const shifts = voxelSums(behind);
    const scales = tf.mul(voxelSums(tf.mul(behind, centred)), inverse);
    const groupMean = (sums: tf.Tensor): tf.Tensor =>
      channelsOf(tf.div(groupSums(tf.mul(sums, gamma), groups), count), x);
    const slope = tf.neg(tf.mul(groupMean(scales), tf.square(inverse)));
    const shift = tf.neg(tf.mul(groupMean(shifts), inverse));
    const shared = perChannel(tf.add, perChannel(tf.mul, centred, slope), shift);
    return [tf.add(perChannel(tf.mul, behind, own), shared), tf.sum(scales, 0), tf.sum(shifts, 0)];
  },
};

/** Numbers that share a mean. */
function groupSize(x: tf.Tensor, groups: number): number {
  return x.size / (x.shape[0] ?? 1) / groups;
}

/** Sums over the voxels of a sample, `[samples, channels]`. */
function voxelSums(volume: tf.Tensor): tf.Tensor {
  return tf.sum(samples(volume), 1);
}

/** `[samples, channels]` summed to `[samples, groups]`. */
function groupSums(sums: tf.Tensor, groups: number): tf.Tensor {
  return tf.sum(tf.reshape(sums, [sums.shape[0], groups, -1]), 2);
}

/** `[samples, groups]` repeated to `[samples, channels]`. */
function channelsOf(values: tf.Tensor, x: tf.Tensor): tf.Tensor {
  const [n, groups = 1] = values.shape;
  const channels = x.shape.at(-1) ?? 1;
  return tf.reshape(tf.tile(tf.reshape(values, [n, groups, 1]), [1, 1, channels / groups]), [n, channels]);
}
