import type { Plan } from "@fedace/ace-core/protocol";
import { l2norm, subtract } from "@fedace/ace-core/tensors";
import type { WeightSet } from "@fedace/ace-core/tensors";
import type { Says } from "../ledger/index.js";

/** What leaves of a round's training. */
interface Leaving {
  readonly update: WeightSet;
  readonly says: Says;
}

/**
 * The one step between local training and the file that leaves: whatever is to be done to an update is done here, and what
 * was done is said in its receipt. Today the weights leave as they were trained.
 *
 * @param base the model that the round began with
 * @throws WEIGHTS_LAYOUT if the two are not of one network
 */
export function updateStep(base: WeightSet, trained: WeightSet, plan: Plan): Leaving {
  const change = l2norm(subtract(trained, base));
  return { update: trained, says: { content: "weights as trained", steps: plan.training.steps, change } };
}
