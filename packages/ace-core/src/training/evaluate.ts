import type { LabelMap } from "../labels/index.js";
import { METRIC_NAMES, metricOf } from "../metrics/index.js";
import type { MaskPair, MetricName } from "../metrics/index.js";
import { networkOf } from "../model/index.js";
import { REPORTED_METRICS } from "../protocol/index.js";
import type { Evaluation, Plan } from "../protocol/index.js";
import type { WeightSet } from "../tensors/index.js";
import { patchSize } from "./geometry.js";
import type { Triple } from "./geometry.js";
import { measurer } from "./measure.js";
import type { Measurer } from "./measure.js";
import { predictProbabilities } from "./predict.js";
import { fewestVoxels } from "./small-regions.js";
import { argmax } from "./sliding-window.js";
import type { TrainingCase } from "./types.js";

/** A case on the voxels of its scan. */
export interface OwnGrid {
  /** Indices into the label map's sets. */
  readonly truth: Uint8Array;
  /** Voxels along the axes of `truth`, the last one contiguous. */
  readonly size: Triple;
  /** mm along them. */
  readonly spacing: Triple;
  /** The labels that `predict` would write, in the order of `truth`, of probabilities at the plan's spacing. */
  readonly labels: (probabilities: Float32Array) => Uint8Array;
}

/** Scoring happens every round: half the windows of a prediction per axis. */
const OVERLAP = 0;

export interface EvaluateInput {
  readonly weights: WeightSet;
  /** Held-back cases. */
  readonly cases: readonly TrainingCase[];
  readonly plan: Plan;
  readonly labelMap: LabelMap;
  /** A final model: the costly metrics too. Default false. */
  readonly final?: boolean;
  /** Reads a case again as its scan has it, for the metrics that are taken there; undefined if that cannot be read any more. */
  readonly ownGrid?: (item: TrainingCase) => Promise<OwnGrid | undefined>;
  readonly signal?: AbortSignal;
  /** Called as windows are done: parts of a case count. */
  readonly onProgress?: (cases: number, of: number) => void;
}

/**
 * Scores a model on local cases, as far as this site's labels can tell, in the metrics of the table: the mean of each
 * class over the cases where it is defined. Dice is null for other classes, for the background, and where no case has
 * the class; of the other metrics such classes are left out. Voxels to ignore are left out. All but the metrics of
 * `onScan` are taken at the plan's spacing; those are taken from labels as `predict` writes them.
 *
 * @throws WEIGHTS_LAYOUT if the weights are not those of the plan's network.
 */
export async function evaluate(input: EvaluateInput): Promise<Evaluation> {
  const { weights, cases, plan, labelMap } = input;
  const model = networkOf(plan);
  const { truth, measure } = measurer(labelMap);
  const [r, a, s] = plan.spacing;
  const means = new Means(measure, input.final ?? false);
  for (const [done, item] of cases.entries()) {
    const request = {
      weights,
      model,
      image: item.image,
      size: item.size,
      patch: patchSize(plan),
      fewest: fewestVoxels(plan),
      ...(input.signal === undefined ? {} : { signal: input.signal }),
      onProgress: (windows: number, of: number) => input.onProgress?.(done + windows / of, cases.length),
    };
    const probabilities = await predictProbabilities({ ...request, overlap: OVERLAP });
    const { size } = item;
    const prediction = argmax(probabilities, plan.classes.length);
    means.add({ prediction, truth: truth(item.labels), size, spacing: [s, a, r] }, false);
    const own = input.final === true ? await input.ownGrid?.(item) : undefined;
    if (own !== undefined) {
      const labels = own.labels(await predictProbabilities(request));
      means.add({ prediction: labels, truth: truth(own.truth), size: own.size, spacing: own.spacing }, true);
    }
    input.onProgress?.(done + 1, cases.length);
  }
  const dice = means.of("dice", plan.classes);
  const table = (names: readonly MetricName[], of: (name: MetricName) => object): object =>
    Object.fromEntries(names.map((name) => [name, of(name)] as const).filter(([, row]) => Object.keys(row).length > 0));
  return {
    cases: cases.length,
    dice: Object.fromEntries(plan.classes.map((name) => [name, dice[name] ?? null])),
    metrics: table(REPORTED_METRICS, (name) => means.of(name, plan.classes)),
    spread: table(METRIC_NAMES, (name) => means.spreadOf(name, plan.classes)),
  };
}

/** Metric × class, gathered case by case. */
class Means {
  readonly #measure: Measurer["measure"];
  readonly #rows: readonly MetricName[];
  readonly #values = new Map<string, number[]>();

  constructor(measure: Measurer["measure"], final: boolean) {
    this.#measure = measure;
    this.#rows = METRIC_NAMES.filter((name) => final || metricOf(name).costly !== true);
  }

  /** @param onScan whether these are the scan's own voxels, for the metrics that are taken there, or the plan's for the others */
  add(labels: MaskPair, onScan: boolean): void {
    const rows = this.#rows.filter((name) => (metricOf(name).onScan ?? false) === onScan);
    for (const { metric, k, value } of this.#measure(labels, rows)) this.#note(`${metric} ${k}`, value);
  }

  /** By class name, where any case has it. */
  of(metric: MetricName, classes: readonly string[]): Record<string, number> {
    return this.#byClass(metric, classes, mean);
  }

  /** Likewise: over how many cases, and how far these are from their mean. */
  spreadOf(metric: MetricName, classes: readonly string[]): Record<string, { cases: number; deviation: number }> {
    return this.#byClass(metric, classes, (values) => {
      const centre = mean(values);
      return { cases: values.length, deviation: Math.sqrt(mean(values.map((value) => (value - centre) ** 2))) };
    });
  }

  #byClass<T>(metric: MetricName, classes: readonly string[], of: (values: readonly number[]) => T): Record<string, T> {
    const known = classes.flatMap((name, k) => {
      const values = this.#values.get(`${metric} ${k}`) ?? [];
      return values.length === 0 ? [] : [[name, of(values)] as const];
    });
    return Object.fromEntries(known);
  }

  #note(key: string, value: number | null): void {
    if (value !== null) this.#values.set(key, [...(this.#values.get(key) ?? []), value]);
  }
}

function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}
