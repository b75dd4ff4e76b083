import { lesionNames } from "../labels/index.js";
import { METRIC_NAMES, metricOf } from "../metrics/index.js";
import type { MetricName } from "../metrics/index.js";

/** What chooses the best model where a plan does not say. */
const USUAL = ["dice"];

/** Metrics that can choose a model: scored in every round, between 0 and 1, the higher the better, so that a mean of them is one. */
export const DECISIVE_METRICS = METRIC_NAMES.filter((name) => {
  const { better, least, most, costly } = metricOf(name);
  return better === "higher" && least === 0 && most === 1 && costly !== true;
});

/** A key of the plan's `best`: a metric, and the classes of which it is the mean. */
interface DecisiveCells {
  readonly key: string;
  readonly metric: MetricName;
  /** None where the key matches nothing. */
  readonly names: readonly string[];
}

/**
 * What each key stands for: `METRIC` for all classes that the metric can be assessed in, `METRIC:CLASS` for one.
 *
 * @param classes of the plan, the background first
 */
export function decisiveCells(classes: readonly string[], keys: readonly string[] = USUAL): DecisiveCells[] {
  return keys.map((key) => {
    const metric = DECISIVE_METRICS.find((one) => key === one || key.startsWith(`${one}:`));
    if (metric === undefined) return { key, metric: "dice", names: [] };
    const all = metricOf(metric).over === "annotated lesion" ? lesionNames(classes) : classes.slice(1);
    return { key, metric, names: all.filter((name) => key === metric || key === `${metric}:${name}`) };
  });
}
