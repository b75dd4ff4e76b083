import { HEAD_BIAS } from "../model/index.js";
import { views, weightSet } from "../tensors/index.js";
import type { WeightSet } from "../tensors/index.js";

/**
 * Weights whose logits of some classes are lower by `prior`: the classifier's bias is. Training from these weights has
 * the loss of z_c − a in place of z_c, and adding `a` again afterwards gives the same network as if a constant had been
 * subtracted inside of the loss (balanced softmax, Ren et al., NeurIPS 2020; FedLC, Zhang et al., ICML 2022): at a site
 * that cannot show a class, the push "there is none here" is weaker by about e^−a.
 *
 * @param prior a, in logits; negative to undo
 * @returns a copy
 */
export function lowerLogits(weights: WeightSet, classes: readonly number[], prior: number): WeightSet {
  const result = weightSet(weights.specs);
  result.data.set(weights.data);
  const bias = views(result).get(HEAD_BIAS);
  for (const k of classes) if (bias !== undefined) bias[k] = (bias[k] ?? 0) - prior;
  return result;
}
