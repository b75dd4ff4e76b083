import { KERNELS } from "../ops/contracts.js";
import type { GroupNormAttributes } from "../ops/contracts.js";
import { tf } from "../tf.js";
import type { Composite } from "../ops/composite.js";

/**
 * Group norm in whole-volume passes over `[samples, voxels, channels]`. Sums go over the voxels first, then over a
 * group's channels: TensorFlow sums one axis much faster than two that are not neighbours.
 */
export const NORMALISATION: Readonly<Record<string, Composite>> = {
  [KERNELS.groupNorm]: (input, attributes) => {
    const { groups, epsilon, relu } = attributes as unknown as GroupNormAttributes;
    const x = input("x");
    const flat = samples(x);
    const count = flat.shape[1] * (flat.shape[2] / groups);
    const mean = tf.div(groupSums(tf.sum(flat, 1), groups), count);
    const centred = tf.sub(flat, perChannel(mean, flat));
    const variance = tf.div(groupSums(tf.sum(tf.square(centred), 1), groups), count);
    const inverseDeviation = tf.rsqrt(tf.add(variance, epsilon));
    const scale = tf.mul(perChannel(inverseDeviation, flat), input("gamma"));
    const y = tf.add(tf.mul(centred, scale), input("beta"));
    return [tf.reshape(relu ? tf.relu(y) : y, x.shape), mean, inverseDeviation];
  },
  [KERNELS.groupNormGrad]: (input, attributes) => {
    const { groups, relu } = attributes as unknown as GroupNormAttributes;
    const gamma = input("gamma");
    const x = input("x");
    const flat = samples(x);
    const count = flat.shape[1] * (flat.shape[2] / groups);
    const inverse = perChannel(input("inverseDeviation"), flat);
    const centred = tf.sub(flat, perChannel(input("mean"), flat));
    const dy = samples(input("dy"));
    const before = tf.add(tf.mul(centred, tf.mul(inverse, gamma)), input("beta"));
    const behind = relu ? tf.where(tf.greater(before, 0), dy, 0) : dy;
    const shifts = tf.sum(behind, 1);
    const scales = tf.mul(tf.sum(tf.mul(behind, centred), 1), tf.squeeze(inverse, [1]));
    const mean = tf.div(groupSums(tf.mul(shifts, gamma), groups), count);
    const slope = tf.div(groupSums(tf.mul(scales, gamma), groups), count);
    // (δγ − mean − x̂·slope) / deviation, the small factors multiplied before the volumes.
    const own = tf.mul(behind, tf.mul(gamma, inverse));
    const shared = tf.add(
      tf.mul(centred, tf.mul(perChannel(slope, flat), tf.square(inverse))),
      tf.mul(perChannel(mean, flat), inverse),
    );
    return [tf.reshape(tf.sub(own, shared), x.shape), tf.sum(scales, 0), tf.sum(shifts, 0)];
  },
};

function samples(x: tf.Tensor): tf.Tensor3D {
  return tf.reshape(x, [x.shape[0], -1, x.shape.at(-1) ?? 1]);
}

/** `[samples, channels]` summed to `[samples, groups]`. */
function groupSums(sums: tf.Tensor, groups: number): tf.Tensor {
  return tf.sum(tf.reshape(sums, [sums.shape[0], groups, -1]), 2);
}

/** `[samples, groups]` repeated to `[samples, 1, channels]`. */
function perChannel(values: tf.Tensor, flat: tf.Tensor3D): tf.Tensor3D {
  const [n, groups = 1] = [flat.shape[0], values.shape[1]];
  const channels = flat.shape[2];
  const repeated = tf.tile(tf.reshape(values, [n, groups, 1]), [1, 1, channels / groups]);
  return tf.reshape(repeated, [n, 1, channels]);
}
