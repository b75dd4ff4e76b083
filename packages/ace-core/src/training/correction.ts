import { learningRateAt } from "./schedule.js";
import type { Plan } from "../protocol/index.js";
import { requireLayout, weightSet } from "../tensors/index.js";
import type { WeightSet } from "../tensors/index.js";

/**
 * How far the weights of a round move against a gradient that is 1 in every step, in units of that gradient: η E of the
 * control variates. For SGD with Nesterov momentum μ at a constant rate that is η Σ_k (1 + μ v_k) with
 * v_k = μ v_(k−1) + 1; schedules and the proximal term, which are linear too, are in it.
 *
 * @param round from 1
 */
export function displacement(plan: Plan, round: number): number {
  const { steps, momentum, proximal } = plan.training;
  let moved = 0;
  let velocity = 0;
  for (let step = 0; step < steps; step++) {
    const gradient = 1 - proximal * moved;
    velocity = momentum * velocity + gradient;
    moved += learningRateAt(plan, round, step) * (momentum > 0 ? gradient + momentum * velocity : velocity);
  }
  return moved;
}

/**
 * A site's control variate after a round: h + (w' − y) / (η E). It grows to be what the site's gradient has that the
 * average of all sites' has not, and each local step then goes against the gradient minus h. Σ n_i h_i over the sites
 * stays what it was, 0, where w' is the average of the y_i weighted by the n_i. SCAFFOLD (Karimireddy et al., ICML
 * 2020), in the form of ProxSkip (Mishchenko et al., ICML 2022), which needs nothing on the wire but the weights.
 *
 * @param before h of the round, undefined before the first one
 * @param average w', the average of that round
 * @param sent y, what the site gave to it
 * @param moved as from {@link displacement} for that round
 * @throws WEIGHTS_LAYOUT if they do not belong together
 */
export function nextCorrection(
  before: WeightSet | undefined,
  average: WeightSet,
  sent: WeightSet,
  moved: number,
): WeightSet {
  requireLayout(sent.specs, average.specs);
  if (before !== undefined) requireLayout(before.specs, average.specs);
  const result = weightSet(average.specs);
  for (let i = 0; i < result.data.length; i++) {
    result.data[i] = (before?.data[i] ?? 0) + ((average.data[i] ?? 0) - (sent.data[i] ?? 0)) / moved;
  }
  return result;
}
