import { tf } from "../tf.js";
import { KERNELS } from "./contracts.js";
import type { AceAttributes, MarginalDiceAttributes } from "./contracts.js";
import { many, one } from "./run.js";

/**
 * Adaptive cross entropy in its general form: each voxel's label means a set of classes, and the loss is
 * −log of the probability of that set, averaged over all voxels (Roulet et al., MIDL 2019, section 2.2).
 *
 * @param logits `[batch, depth, height, width, classes]` float32.
 * @param labels `[batch, depth, height, width]` int32, index into `attributes.sets`.
 * @returns a scalar. Differentiable in `logits`.
 */
export function ace(logits: tf.Tensor5D, labels: tf.Tensor4D, attributes: AceAttributes): tf.Scalar {
  return sumOfLosses(logits, labels, [{ kernel: KERNELS.ace, attributes }]);
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
  return sumOfLosses(logits, labels, [{ kernel: KERNELS.marginalDice, attributes }]);
}

/** One kernel of a loss with its attributes. */
export type LossTerm =
  | { readonly kernel: typeof KERNELS.ace; readonly attributes: AceAttributes }
  | { readonly kernel: typeof KERNELS.marginalDice; readonly attributes: MarginalDiceAttributes };

/**
 * A sum of losses as one operation: the kernels make loss and gradient in one pass, the gradients are added up at
 * once and wait in the tape.
 *
 * @returns a scalar. Differentiable in `logits`.
 */
export function sumOfLosses(logits: tf.Tensor5D, labels: tf.Tensor4D, terms: readonly LossTerm[]): tf.Scalar {
  const differentiable = tf.customGrad((x: tf.Tensor | tf.GradSaveFunc, save: tf.Tensor | tf.GradSaveFunc) => {
    const results = terms.map(({ kernel, attributes }) =>
      many(kernel, { logits: x as tf.Tensor, labels }, attributes, 2),
    );
    const value = results.map(([loss]) => loss).reduce((sum, loss) => tf.add(sum, loss));
    (save as tf.GradSaveFunc)([results.map(([, gradient]) => gradient).reduce((sum, part) => tf.add(sum, part))]);
    return {
      value: value as tf.Scalar,
      gradFunc: (dy: tf.Scalar, saved: tf.Tensor[]) => {
        const [gradient] = saved;
        if (gradient === undefined) throw new TypeError("the gradient of the loss was not saved");
        return one(KERNELS.scale, { x: gradient, factor: dy });
      },
    };
  });
  return differentiable(logits);
}
