import { METRIC_NAMES } from "@fedace/ace-core/metrics";
import type { MetricName } from "@fedace/ace-core/metrics";
import { BIDS_SUFFIXES } from "@fedace/ace-core/protocol";
import type { Evaluation, ImageFigures, UpdateNumbers } from "@fedace/ace-core/protocol";

/**
 * What of an evaluation goes out: figures over at least `minimumCases` cases, in the metrics that the coordinator takes, and
 * the parts that it takes. Of a figure that stays here is said that it does. Where it is not known over how many cases a
 * figure is, it stays as well, unless one is enough.
 */
export function givenFigures(whole: Evaluation, taken: readonly string[], minimumCases: number): Evaluation {
  const enough = (metric: MetricName, name: string): boolean =>
    (whole.spread?.[metric]?.[name]?.cases ?? 1) >= minimumCases;
  const withheld: [MetricName, string[]][] = [];
  const given = <T>(metric: MetricName, figures: Readonly<Record<string, T>>): [string, T][] => {
    const known = Object.entries(figures).filter(([, value]) => value !== null);
    const kept = known.flatMap(([name]) => (enough(metric, name) ? [] : [name]));
    if (kept.length > 0) withheld.push([metric, kept]);
    return known.filter(([name]) => !kept.includes(name));
  };
  const dice = Object.fromEntries(given("dice", whole.dice));
  const metrics = METRIC_NAMES.flatMap((metric) => {
    if (metric === "dice" || !taken.includes(metric)) return [];
    const figures = given(metric, whole.metrics?.[metric] ?? {});
    return figures.length === 0 ? [] : [[metric, Object.fromEntries(figures)] as const];
  });
  const said = new Set<MetricName>(["dice", ...metrics.map(([metric]) => metric)]);
  const spread = METRIC_NAMES.flatMap((metric) => {
    const rows = Object.entries(whole.spread?.[metric] ?? {}).filter(([name]) => enough(metric, name));
    return said.has(metric) && rows.length > 0 ? [[metric, Object.fromEntries(rows)] as const] : [];
  });
  const part = (name: string, rows: readonly (readonly [string, object])[]): object =>
    rows.length === 0 || !taken.includes(name) ? {} : { [name]: Object.fromEntries(rows) };
  return {
    cases: whole.cases,
    // Null for what cannot be assessed and for what stays: a coordinator of an older version knows no difference.
    dice: Object.fromEntries(Object.keys(whole.dice).map((name) => [name, dice[name] ?? null])),
    ...(metrics.length === 0 ? {} : { metrics: Object.fromEntries(metrics) }),
    ...part("spread", spread),
    ...part("withheld", withheld),
  };
}

/**
 * What of an update's numbers goes out. What images look like is told of at least `minimumCases` cases, to a coordinator that
 * takes it, and under names that a standard knows.
 */
export function givenNumbers(whole: UpdateNumbers, taken: readonly string[], minimumCases: number): UpdateNumbers {
  const { images, evaluation, ...numbers } = whole;
  const figures = images === undefined || !taken.includes("images") ? undefined : givenImages(images, minimumCases);
  return {
    ...numbers,
    evaluation: evaluation === null ? null : givenFigures(evaluation, taken, minimumCases),
    ...(figures === undefined ? {} : { images: figures }),
  };
}

function givenImages({ distinct, pairs }: ImageFigures, minimumCases: number): ImageFigures | undefined {
  const known = (input: string): boolean => BIDS_SUFFIXES.includes(input);
  const given = {
    distinct: Object.fromEntries(
      Object.entries(distinct).filter(([input, { cases }]) => known(input) && cases >= minimumCases),
    ),
    pairs: pairs.filter(({ inputs, cases }) => inputs.every(known) && cases >= minimumCases),
  };
  return Object.keys(given.distinct).length === 0 && given.pairs.length === 0 ? undefined : given;
}
