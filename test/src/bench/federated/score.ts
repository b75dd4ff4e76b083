import { contains, fullSet, setOf } from "@fedace/ace-core/labels";
import type { LabelMap } from "@fedace/ace-core/labels";
import type { Plan } from "@fedace/ace-core/protocol";
import type { WeightSet } from "@fedace/ace-core/tensors";
import type { TrainingCase } from "@fedace/ace-core/training";
import { segment } from "../../simulation/index.js";
import type { Cases } from "../../simulation/index.js";

/** What a model gives on the cases of one test, per class of the plan but the background. */
export interface Scores {
  /** Mean Dice over the cases where it is defined; null where the labels cannot tell. */
  readonly dice: Readonly<Record<string, number | null>>;
  /** Mean volume found, mL. */
  readonly volume: Readonly<Record<string, number>>;
  /** Per class that no label of the test can mean: the volume found in each case, mL. All of it is false. */
  readonly absent: Readonly<Record<string, readonly number[]>>;
}

/** Segments the cases of a test as `predict` does, and compares. */
export async function score(plan: Plan, weights: WeightSet, { cases, labelMap }: Cases): Promise<Scores> {
  const found: Uint8Array[] = [];
  for (const item of cases) found.push(await segment(plan, weights, item));
  const millilitres = plan.spacing.reduce((product, side) => product * side, 1) / 1000;
  const perClass = <T>(of: (k: number) => T): Record<string, T> =>
    Object.fromEntries(plan.classes.flatMap((name, k) => (k === 0 ? [] : [[name, of(k)]])));
  const volumes = (k: number): number[] =>
    found.map((labels) => labels.reduce((sum, label) => (label === k ? sum + 1 : sum), 0) * millilitres);
  const absent = plan.classes.flatMap((name, k) => (canMean(labelMap, k) ? [] : [[name, volumes(k)] as const]));
  return {
    dice: perClass((k) => (labelMap.annotated.includes(k) ? meanDice(k, found, cases, labelMap) : null)),
    volume: perClass((k) => mean(volumes(k)) ?? 0),
    absent: Object.fromEntries(absent),
  };
}

function canMean(map: LabelMap, k: number): boolean {
  return map.sets.some((set) => set !== fullSet(map.space) && contains(set, k));
}

function meanDice(
  k: number,
  found: readonly Uint8Array[],
  cases: readonly TrainingCase[],
  map: LabelMap,
): number | null {
  const full = fullSet(map.space);
  const defined = cases.flatMap(({ labels }, i) => {
    let [both, either] = [0, 0];
    for (const [voxel, label] of labels.entries()) {
      if (map.sets[label] === full) continue;
      const [here, there] = [found[i]?.[voxel] === k, map.sets[label] === setOf(k)];
      if (here && there) both++;
      either += Number(here) + Number(there);
    }
    return either === 0 ? [] : [(2 * both) / either];
  });
  return mean(defined);
}

export function mean(values: readonly number[]): number | null {
  return values.length === 0 ? null : values.reduce((sum, value) => sum + value, 0) / values.length;
}
