import { seededRandom } from "@fedace/ace-core/foundation";
import { initialise, networkOf } from "@fedace/ace-core/model";
import type { Plan } from "@fedace/ace-core/protocol";
import type { WeightSet } from "@fedace/ace-core/tensors";
import { localRound } from "@fedace/ace-core/training";
import type { LocalRoundResult } from "@fedace/ace-core/training";
import { pool } from "./pooled.js";
import { simulateRound, takingPart } from "./simulate.js";
import type { Standing } from "./simulate.js";
import type { Cases } from "./study.js";

/** A round that is through. */
interface SimulatedRound {
  readonly round: number;
  readonly updates: readonly LocalRoundResult[];
  /** What would be published. */
  readonly published: WeightSet;
}

/**
 * A whole run in this process, the sites in turn.
 *
 * @param missing probability that a site misses a round
 * @returns the model of the last round
 */
export async function trainFederated(
  plan: Plan,
  sites: readonly Cases[],
  onRound: (round: SimulatedRound) => Promise<void> | void,
  missing = 0,
): Promise<WeightSet> {
  const start = initialise(networkOf(plan), plan.seed);
  const random = seededRandom(plan.seed).fork("missing");
  let standing: Standing = { model: start, published: start, sites };
  for (let round = 1; round <= plan.rounds; round++) {
    const result = await simulateRound(plan, round, standing, takingPart(standing.sites, missing, random));
    standing = result;
    await onRound({ round, updates: result.updates, published: result.published });
  }
  return standing.published;
}

/** As many steps as each site would make in all rounds, on everything at once, with one optimiser. */
export function trainPooled(plan: Plan, sites: readonly Cases[]): Promise<LocalRoundResult> {
  const steps = plan.rounds * plan.training.steps;
  const whole: Plan = { ...plan, rounds: 1, training: { ...plan.training, steps } };
  const weights = initialise(networkOf(plan), plan.seed);
  return localRound({ plan: whole, round: 1, weights, site: "pooled", ...pool(whole, sites) });
}
