import { at } from "./array.js";
import type { Numbers } from "./array.js";
import { softmaxOver } from "./softmax.js";

/** A loss and its gradient in the logits. */
export interface LossAndGradient {
  readonly loss: number;
  readonly gradient: Float64Array;
}

/**
 * Adaptive cross entropy: per voxel with set A, LSE over all classes − LSE over A, averaged over all voxels
 * (Roulet et al., MIDL 2019, section 2.2, in log-sum-exp form). Gradient: softmax over all − softmax over A.
 *
 * @param logits `[voxels, classes]`
 * @param labels `[voxels]`, index into `sets`.
 * @param sets class sets as bit masks.
 */
export function aceForwardBackward(
  logits: Numbers,
  labels: ArrayLike<number>,
  sets: readonly number[],
  classes: number,
): LossAndGradient {
  const voxels = labels.length;
  const all = 2 ** classes - 1;
  const gradient = new Float64Array(voxels * classes);
  let sum = 0;
  for (let i = 0; i < voxels; i++) {
    const everything = softmaxOver(logits, i * classes, classes, all);
    const allowed = softmaxOver(logits, i * classes, classes, at(sets, at(labels, i)));
    sum += everything.logSum - allowed.logSum;
    for (let k = 0; k < classes; k++) {
      gradient[i * classes + k] = (at(everything.probabilities, k) - at(allowed.probabilities, k)) / voxels;
    }
  }
  return { loss: sum / voxels, gradient };
}
