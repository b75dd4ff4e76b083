import { tf } from "../tf.js";
import { KERNELS } from "./contracts.js";
import type { AceAttributes, MarginalDiceAttributes } from "./contracts.js";
import { many } from "./run.js";

/**
 * Adaptive cross entropy in its general form: each voxel's label means a set of classes, and the loss is
 * −log of the probability of that set, averaged over all voxels (Roulet et al., MIDL 2019, section 2.2).
 *
 * @param logits `[batch, depth, height, width, classes]` float32.
 * @param labels `[batch, depth, height, width]` int32, index into `attributes.sets`.
 * @returns a scalar. Differentiable in `logits`.
 */
export function ace(logits: tf.Tensor5D, labels: tf.Tensor4D, attributes: AceAttributes): tf.Scalar {
  return lossWithGradient(KERNELS.ace, logits, labels, attributes);
}

/**
 * Soft Dice loss over the softmax merged into a site's own groups, on the scored foreground sets only, over the whole
 * batch, smoothed by 1. Voxels whose label does not tell are left out.
 *
 * @param logits `[batch, depth, height, width, classes]` float32.
 * @param labels `[batch, depth, height, width]` int32, index into `attributes.sets`.
 * @returns a scalar. Differentiable in `logits`.
 */
export function marginalDice(logits: tf.Tensor5D, labels: tf.Tensor4D, attributes: MarginalDiceAttributes): tf.Scalar {
  return lossWithGradient(KERNELS.marginalDice, logits, labels, attributes);
}

/** The kernel makes loss and gradient in one pass; the gradient waits in the tape. */
function lossWithGradient(kernel: string, logits: tf.Tensor5D, labels: tf.Tensor4D, attributes: object): tf.Scalar {
  const differentiable = tf.customGrad((x: tf.Tensor | tf.GradSaveFunc, save: tf.Tensor | tf.GradSaveFunc) => {
    const [loss, dlogits] = many(kernel, { logits: x as tf.Tensor, labels }, attributes, 2);
    (save as tf.GradSaveFunc)([dlogits]);
    return {
      value: loss as tf.Scalar,
      gradFunc: (dy: tf.Scalar, saved: tf.Tensor[]) => {
        const [gradient] = saved;
        if (gradient === undefined) throw new TypeError(`${kernel}: the gradient was not saved`);
        return tf.mul(gradient, dy);
      },
    };
  });
  return differentiable(logits);
}
