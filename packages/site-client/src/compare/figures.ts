import { METRIC_NAMES, metricOf, poolFigures } from "@fedace/ace-core/metrics";
import type { Metric, MetricName } from "@fedace/ace-core/metrics";
import { figureIn } from "@fedace/ace-core/protocol";
import type { Evaluation } from "@fedace/ace-core/protocol";

/** Fewer cases say nothing of how far their differences vary. */
const ENOUGH_CASES = 3;

/** A case under two models. */
export interface ScoredCase {
  readonly alone: Evaluation;
  readonly joint: Evaluation;
}

/** One metric in one class under two models, over the cases where it is defined for both. */
export interface ComparedFigure {
  readonly class: string;
  readonly metric: MetricName;
  readonly cases: number;
  readonly alone: number;
  readonly joint: number;
  /** Joint minus alone. */
  readonly difference: number;
  /** 95 % interval of the difference, by the bootstrap over cases; null for too few of them. */
  readonly interval: readonly [number, number] | null;
  /** `unclear` where the interval holds 0, or there is none. */
  readonly jointIs: "better" | "worse" | "same" | "unclear";
}

/** Of cases, half of what is shown as a share of them says the same again. */
const SHOWN = METRIC_NAMES.filter((name) => name !== "falseVolumeShare");

/**
 * Class by class and metric by metric. What is best at 0 is compared without its sign: a model that is 10 % too small is as
 * far off as one that is 10 % too large.
 *
 * @param classes of the plan, the background first
 */
export function compareFigures(classes: readonly string[], scored: readonly ScoredCase[]): ComparedFigure[] {
  return classes.slice(1).flatMap((name) =>
    SHOWN.flatMap((metric) => {
      const pairs = scored.flatMap(({ alone, joint }) => {
        const [own, theirs] = [valueOf(alone, metric, name), valueOf(joint, metric, name)];
        return own === undefined || theirs === undefined ? [] : [{ alone: own, joint: theirs }];
      });
      return pairs.length === 0 ? [] : [{ class: name, metric, ...compare(pairs, metricOf(metric)) }];
    }),
  );
}

function valueOf(evaluation: Evaluation, metric: MetricName, name: string): number | undefined {
  const mean = figureIn(evaluation, metric, name)?.mean;
  return mean === undefined || metricOf(metric).better !== "nearer to 0" ? mean : Math.abs(mean);
}

function compare(
  pairs: readonly { readonly alone: number; readonly joint: number }[],
  { better, least, most }: Metric,
): Omit<ComparedFigure, "class" | "metric"> {
  const differences = pairs.map(({ alone, joint }) => joint - alone);
  const difference = mean(differences);
  const deviation = Math.sqrt(mean(differences.map((value) => (value - difference) ** 2)));
  const widest = most - least;
  const pooled = poolFigures([{ cases: pairs.length, mean: difference, deviation }], { least: -widest, most: widest });
  const interval = pairs.length < ENOUGH_CASES ? null : (pooled?.interval ?? null);
  return {
    cases: pairs.length,
    alone: mean(pairs.map(({ alone }) => alone)),
    joint: mean(pairs.map(({ joint }) => joint)),
    difference,
    interval,
    jointIs: verdict(differences, interval, better === "higher" ? 1 : -1),
  };
}

function verdict(
  differences: readonly number[],
  interval: ComparedFigure["interval"],
  sign: number,
): ComparedFigure["jointIs"] {
  if (differences.every((value) => value === 0)) return "same";
  if (interval === null) return "unclear";
  const [from, to] = interval.map((bound) => sign * bound).sort((a, b) => a - b);
  if ((from ?? 0) > 0) return "better";
  return (to ?? 0) < 0 ? "worse" : "unclear";
}

function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}
