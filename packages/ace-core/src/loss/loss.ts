import { sumOfLosses } from "../engine/ops/index.js";
import type { tf } from "../engine/index.js";
import type { LabelMap } from "../labels/index.js";
import type { LossName } from "../protocol/index.js";
import { lossTerms } from "./terms.js";

/**
 * A training loss, differentiable in the logits.
 *
 * @param logits `[batch, depth, height, width, classes]` float32.
 * @param labels `[batch, depth, height, width]` int32, indices into the label map's sets.
 */
export type LossFunction = (logits: tf.Tensor5D, labels: tf.Tensor4D) => tf.Scalar;

/** The loss of a plan at a site with this label map. */
export function lossFor(name: LossName, map: LabelMap): LossFunction {
  const terms = lossTerms(name, map);
  return (logits, labels) => sumOfLosses(logits, labels, terms);
}
