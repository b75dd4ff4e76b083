import { learningRate } from "../protocol/index.js";
import type { Plan } from "../protocol/index.js";

/**
 * Learning rate of one step. `cosine` falls from the plan's rate to 0 over all steps of the run (Loshchilov & Hutter,
 * ICLR 2017, eq. 5, without restarts): it goes on from round to round.
 *
 * @param round from 1.
 * @param step of this round, from 0.
 */
export function learningRateAt(plan: Plan, round: number, step: number): number {
  const rate = learningRate(plan);
  if (plan.training.schedule === "constant") return rate;
  const { steps } = plan.training;
  const done = ((round - 1) * steps + step) / (plan.rounds * steps);
  return (rate / 2) * (1 + Math.cos(Math.PI * Math.min(1, done)));
}
