import { classesOf, fullSet } from "../labels/index.js";
import type { LabelMap } from "../labels/index.js";
import { diceTable, IGNORE } from "../metrics/index.js";
import { modelSpec } from "../model/index.js";
import type { Evaluation, Plan } from "../protocol/index.js";
import type { WeightSet } from "../tensors/index.js";
import { patchSize } from "./geometry.js";
import { predictProbabilities } from "./predict.js";
import { argmax } from "./sliding-window.js";
import type { TrainingCase } from "./types.js";

/** Truth that is none of the annotated classes, without saying which. */
const REST = 254;
/** Scoring happens every round: half the windows of a prediction per axis. */
const OVERLAP = 0;

export interface EvaluateInput {
  readonly weights: WeightSet;
  /** Held-back cases. */
  readonly cases: readonly TrainingCase[];
  readonly plan: Plan;
  readonly labelMap: LabelMap;
  readonly signal?: AbortSignal;
  /** Called as windows are done: parts of a case count. */
  readonly onProgress?: (cases: number, of: number) => void;
}

/**
 * Scores a model on local cases, as far as this site's labels can tell: mean Dice of each annotated class over the
 * cases where it is defined; null for other classes, for the background, and where no case has the class. Voxels to
 * ignore are left out.
 *
 * @throws WEIGHTS_LAYOUT if the weights are not those of the plan's network.
 */
export async function evaluate(input: EvaluateInput): Promise<Evaluation> {
  const { weights, cases, plan, labelMap } = input;
  const model = modelSpec(plan.model, plan.inputs.length, plan.classes.length);
  const classOf = truthClasses(labelMap);
  const tables: (number | null)[][] = [];
  for (const [done, item] of cases.entries()) {
    const probabilities = await predictProbabilities({
      weights,
      model,
      image: item.image,
      size: item.size,
      patch: patchSize(plan),
      overlap: OVERLAP,
      ...(input.signal === undefined ? {} : { signal: input.signal }),
      onProgress: (windows, of) => input.onProgress?.(done + windows / of, cases.length),
    });
    const truth = item.labels.map((label) => classOf[label] ?? IGNORE);
    tables.push(diceTable(argmax(probabilities, plan.classes.length), truth, plan.classes.length));
    input.onProgress?.(done + 1, cases.length);
  }
  const assessable = new Set(labelMap.annotated.filter((k) => k > 0));
  const dice = plan.classes.map((name, k): [string, number | null] => {
    const defined = tables.flatMap((table) => table[k] ?? []);
    if (!assessable.has(k) || defined.length === 0) return [name, null];
    return [name, defined.reduce((sum, value) => sum + value, 0) / defined.length];
  });
  return { cases: cases.length, dice: Object.fromEntries(dice) };
}

/** Per label index: the one class it means, {@link REST} where it is one of several, {@link IGNORE} if any of all. */
function truthClasses(map: LabelMap): number[] {
  return map.sets.map((set) => {
    const classes = classesOf(set);
    if (set === fullSet(map.space)) return IGNORE;
    return classes.length === 1 ? (classes[0] ?? REST) : REST;
  });
}
