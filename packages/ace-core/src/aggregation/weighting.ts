import { coreError } from "../foundation/index.js";
import type { UpdateNumbers, WeightingName } from "../protocol/index.js";

/** The numbers of an update that a weighting looks at; `voxels` names the classes that the site annotates. */
export type Weighed = Pick<UpdateNumbers, "cases" | "voxels">;

/** What an update counts for, before the shares are made: one line a weighting. */
const AMOUNTS: Readonly<
  Record<WeightingName, (update: Weighed, background: string, all: readonly Weighed[]) => number>
> = {
  cases: ({ cases }) => cases,
  voxels: ({ voxels }, background) =>
    Object.entries(voxels).reduce((sum, [name, count]) => (name === background ? sum : sum + count), 0),
  equal: () => 1,
  classes: ({ cases, voxels }, background, all) =>
    Object.keys(voxels).reduce((sum, name) => {
      if (name === background) return sum;
      const holding = all.reduce(
        (total, other) => (Object.hasOwn(other.voxels, name) ? total + other.cases : total),
        0,
      );
      return holding === 0 ? sum : sum + cases / holding;
    }, 0),
};

/**
 * Each site's share of the average; together 1. FedAvg (McMahan et al., AISTATS 2017, algorithm 1) with n_k the
 * training cases, the annotated voxels of all classes but the background, or 1. With `classes` it is the mean over the
 * classes but the background of the site's part of the cases that annotate the class: 12 tissue cases (three classes)
 * and 3 tumour cases (two) count .6 and .4, where their numbers alone would be .8 and .2.
 *
 * @param others sites of the run that are not in this average: their cases count in what a class has, so that the
 *   weights of two sites keep their ratio whoever is missing, on which the control variates of a run rely.
 * @param background name of the background class, whose voxels do not count.
 * @throws TRAINING_NO_CASES if the numbers of all sites are 0, so that there is nothing to weigh by.
 */
export function siteWeights(
  updates: readonly Weighed[],
  weighting: WeightingName,
  background = "background",
  others: readonly Weighed[] = [],
): number[] {
  const all = [...updates, ...others];
  const amounts = updates.map((update) => AMOUNTS[weighting](update, background, all));
  const total = amounts.reduce((sum, amount) => sum + amount, 0);
  if (total === 0) throw coreError("TRAINING_NO_CASES", `no update was trained on any ${weighting}`);
  return amounts.map((amount) => amount / total);
}
