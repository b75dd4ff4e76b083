import { z } from "zod";
import { METRIC_NAMES, METRICS, poolFigures } from "../metrics/index.js";
import type { MetricName, SiteFigure } from "../metrics/index.js";
import { byMetric, className } from "./messages.js";
import type { Evaluation } from "./messages.js";

/** Metric, Dice among them → class → the figure of all sites. */
export const pooledSchema = byMetric(METRIC_NAMES, () =>
  z.record(
    className,
    z.strictObject({
      mean: z.number(),
      /** Cases over which it is the mean. */
      cases: z.int().min(1),
      /** 95 % interval of the mean, by the bootstrap, where it is known. */
      interval: z.tuple([z.number(), z.number()]).nullable(),
    }),
  ),
);
export type PooledTable = z.output<typeof pooledSchema>;

/** What a site's evaluation says of one metric in one class; undefined where it says nothing, or scored no case. */
export function figureIn(evaluation: Evaluation, metric: MetricName, name: string): SiteFigure | undefined {
  const { cases, dice, metrics, spread } = evaluation;
  const mean = (metric === "dice" ? dice : metrics?.[metric])?.[name] ?? undefined;
  if (cases === 0 || mean === undefined) return undefined;
  const known = spread?.[metric]?.[name];
  // A site of an older version: the mean may be over fewer of its cases.
  return { cases: known?.cases ?? cases, mean, deviation: known?.deviation };
}

/** Whether a site keeps its figure to itself, having too few cases. */
export function isWithheld({ withheld }: Pick<Evaluation, "withheld">, metric: MetricName, name: string): boolean {
  return withheld?.[metric]?.includes(name) === true;
}

/** The figures of all sites as one, by their cases. */
export function pooledTable(classes: readonly string[], evaluations: readonly Evaluation[]): PooledTable {
  const rows = METRIC_NAMES.flatMap((metric) => {
    const figures = classes.flatMap((name) => {
      const sites = evaluations.flatMap((one) => figureIn(one, metric, name) ?? []);
      const figure = poolFigures(sites, METRICS[metric]);
      return figure === undefined ? [] : [[name, figure] as const];
    });
    return figures.length === 0 ? [] : [[metric, Object.fromEntries(figures)] as const];
  });
  return Object.fromEntries(rows);
}

/** The classes but the background of which no site has a Dice: because none can assess them, or because all keep theirs. */
export function missingClasses(
  classes: readonly string[],
  evaluations: readonly Evaluation[],
): { readonly unassessed: readonly string[]; readonly withheld: readonly string[] } {
  const missing = classes
    .slice(1)
    .filter((name) => evaluations.every((one) => figureIn(one, "dice", name) === undefined));
  const kept = (name: string): boolean => evaluations.some((one) => isWithheld(one, "dice", name));
  return { unassessed: missing.filter((name) => !kept(name)), withheld: missing.filter(kept) };
}
