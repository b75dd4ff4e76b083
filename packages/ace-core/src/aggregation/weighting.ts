import { coreError } from "../foundation/index.js";
import type { UpdateNumbers, WeightingName } from "../protocol/index.js";

type Weighed = Pick<UpdateNumbers, "cases" | "voxels">;

/** What an update counts for, before the shares are made: one line a weighting. */
const AMOUNTS: Readonly<Record<WeightingName, (update: Weighed, background: string) => number>> = {
  cases: ({ cases }) => cases,
  voxels: ({ voxels }, background) =>
    Object.entries(voxels).reduce((sum, [name, count]) => (name === background ? sum : sum + count), 0),
  equal: () => 1,
};

/**
 * Each site's share of the average; together 1. FedAvg (McMahan et al., AISTATS 2017, algorithm 1) with n_k the
 * training cases, the annotated voxels of all classes but the background, or 1.
 *
 * @param background name of the background class, whose voxels do not count.
 * @throws TRAINING_NO_CASES if the numbers of all sites are 0, so that there is nothing to weigh by.
 */
export function siteWeights(
  updates: readonly Weighed[],
  weighting: WeightingName,
  background = "background",
): number[] {
  const amounts = updates.map((update) => AMOUNTS[weighting](update, background));
  const total = amounts.reduce((sum, amount) => sum + amount, 0);
  if (total === 0) throw coreError("TRAINING_NO_CASES", `no update was trained on any ${weighting}`);
  return amounts.map((amount) => amount / total);
}
