import { learningRate } from "../protocol/index.js";
import type { Plan, ScheduleName } from "../protocol/index.js";

/** What part of the plan's rate is left when a part `done` of the run's steps is done, from 0 to 1. */
const LEFT: Readonly<Record<ScheduleName, (done: number) => number>> = {
  constant: () => 1,
  cosine: (done) => (1 + Math.cos(Math.PI * done)) / 2,
  cooldown: (done) => (done < 0.5 ? 1 : (1 + Math.cos(2 * Math.PI * (done - 0.5))) / 2),
};

/**
 * Learning rate of one step. `cosine` falls from the plan's rate to 0 over all steps of the run (Loshchilov & Hutter,
 * ICLR 2017, eq. 5, without restarts): it goes on from round to round. `cooldown` stays for half of them and falls along a
 * cosine then (constant rate with cooldown: Hägele et al., NeurIPS 2024).
 *
 * @param round from 1.
 * @param step of this round, from 0.
 */
export function learningRateAt(plan: Plan, round: number, step: number): number {
  const { steps, schedule } = plan.training;
  const done = ((round - 1) * steps + step) / (plan.rounds * steps);
  return learningRate(plan) * LEFT[schedule](Math.min(1, done));
}
