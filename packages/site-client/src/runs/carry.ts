import { movingAverage } from "@fedace/ace-core/aggregation";
import { readWeights } from "@fedace/ace-core/host";
import type { Assignment, Plan, UpdateNumbers } from "@fedace/ace-core/protocol";
import { scale } from "@fedace/ace-core/tensors";
import type { WeightSet } from "@fedace/ace-core/tensors";
import { displacement, nextCorrection } from "@fedace/ace-core/training";
import { siteError } from "../errors.js";
import { digestOf } from "./kept.js";
import type { KeptFolder } from "./kept.js";
import { awaits } from "./needs.js";

/** An assignment's other models, and where they lie if they were downloaded. */
export interface Beside {
  readonly previous: (NonNullable<Assignment["previous"]> & { readonly path: string }) | null;
  readonly average: { readonly sha256: string; readonly path: string } | null;
}

/** What a site counts for in the average of its plan, as far as it can tell by itself: its ratio to what it counted before. */
export function amountOf(plan: Plan, { cases, voxels }: Pick<UpdateNumbers, "cases" | "voxels">): number {
  const { weighting } = plan.aggregation;
  if (weighting === "cases") return cases;
  if (weighting === "equal" || weighting === "classes") return 1;
  const [background] = plan.classes;
  return Object.entries(voxels).reduce((sum, [name, count]) => (name === background ? sum : sum + count), 0);
}

interface Correction {
  /** The control variate of a site that counts for `amount`; undefined where there is none yet. */
  readonly variate: ((amount: number) => WeightSet) | undefined;
  /** An update that counted could not be worked in: it is not here any more. */
  readonly lost: boolean;
}

/**
 * The control variate to train a round with: works the last update that counted into it, if that has not been done.
 *
 * It is kept times what the site counts for, because Σ n h over the sites is what stays 0: a site that has more cases
 * than before has a smaller h. What happens to it:
 * - a round that the site missed, or in which its update did not count, leaves it alone;
 * - a restart finds it, whatever the moment: a step that is done twice gives the same;
 * - a site that joins late, or has lost its data folder, begins with none;
 * - an update that counted but is not here any more cannot be worked in; then it stays what it was.
 *
 * @param model the weights to start from
 */
export async function correctionFor(
  folder: KeptFolder,
  plan: Plan,
  model: WeightSet,
  { previous }: Beside,
): Promise<Correction> {
  let kept = folder.read();
  const { weighted } = kept.variate;
  let lost = previous !== null && kept.variate.through < previous.round;
  let sum = weighted === null ? undefined : await folder.load(weighted);
  if (previous !== null && kept.sent !== null && awaits(kept, previous)) {
    const sent = await folder.load(kept.sent.update);
    if (sent !== undefined) {
      const average = digestOf(model) === previous.model.sha256 ? model : (await readWeights(previous.path)).weights;
      const { amount } = kept.sent;
      const before = sum === undefined ? undefined : scale(sum, 1 / amount);
      sum = scale(nextCorrection(before, average, sent, displacement(plan, previous.round)), amount);
      const stored = await folder.store(`variate.${previous.round}`, sum);
      kept = { ...kept, variate: { through: previous.round, weighted: stored } };
      lost = false;
    }
  }
  if (kept.sent !== null) await folder.write({ ...kept, sent: null });
  const whole = sum;
  return { lost, variate: whole === undefined ? undefined : (amount) => scale(whole, 1 / amount) };
}

/** Keeps an update that was made, until it is known whether it counts. */
export async function keepSent(
  folder: KeptFolder,
  plan: Plan,
  round: number,
  update: WeightSet,
  numbers: Pick<UpdateNumbers, "cases" | "voxels">,
): Promise<void> {
  const stored = await folder.store(`sent.${round}`, update);
  await folder.write({ ...folder.read(), sent: { round, amount: amountOf(plan, numbers), update: stored } });
}

/**
 * The weights that a round scores: the moving average where the plan publishes one, worked out from the one kept and the
 * model that came, or as it was downloaded. It is kept for the next round.
 *
 * @throws MODEL_DAMAGED if it is not what the coordinator has; the next attempt downloads it
 */
export async function weightsToScore(
  folder: KeptFolder,
  plan: Plan,
  round: number,
  model: WeightSet,
  { average }: Beside,
): Promise<WeightSet> {
  if (average === null) return model;
  const kept = folder.read();
  const weights = await (async (): Promise<WeightSet> => {
    if (digestOf(model) === average.sha256) return model;
    if (kept.average !== null) {
      const before = await folder.load(kept.average.weights);
      if (before !== undefined && kept.average.weights.sha256 === average.sha256) return before;
      if (before !== undefined && kept.average.round === round - 2) {
        const { decay } = plan.aggregation.average;
        return { specs: model.specs, data: movingAverage(before.data, model.data, decay) };
      }
    }
    return (await readWeights(average.path)).weights;
  })();
  if (digestOf(weights) !== average.sha256) {
    await folder.write({ ...kept, average: null });
    throw siteError("MODEL_DAMAGED", `The average before round ${round} is not the coordinator's.`);
  }
  if (kept.average?.weights.sha256 !== average.sha256) {
    const stored = await folder.store(`average.${round - 1}`, weights);
    await folder.write({ ...kept, average: { round: round - 1, weights: stored } });
  }
  return weights;
}
