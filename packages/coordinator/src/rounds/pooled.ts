import { FALSE_VOLUME_ML, meanOverSites } from "@fedace/ace-core/metrics";
import { REPORTED_METRICS } from "@fedace/ace-core/protocol";
import type { Evaluation } from "@fedace/ace-core/protocol";

/** Metric → class → number. */
export type MetricTable = NonNullable<Evaluation["metrics"]>;

/** The metrics of all sites as one: of each class the mean over the sites that assess it, weighted by their scored cases. */
export function pooled(sites: readonly { readonly cases: number; readonly metrics: MetricTable }[]): MetricTable {
  const table: { [M in keyof MetricTable]: Record<string, number> } = {};
  for (const metric of REPORTED_METRICS) {
    const names = new Set(sites.flatMap(({ metrics }) => Object.keys(metrics[metric] ?? {})));
    if (names.size === 0) continue;
    const mean = (name: string): number | undefined =>
      meanOverSites(sites.map(({ cases, metrics }) => ({ cases, value: metrics[metric]?.[name] })));
    table[metric] = Object.fromEntries(
      [...names].flatMap((name) => {
        const value = mean(name);
        return value === undefined ? [] : [[name, value]];
      }),
    );
  }
  return table;
}

/**
 * Leaves out the models that see a class where there is none: those whose mean false volume of any class is above
 * {@link FALSE_VOLUME_ML}, as long as another model is known to be at or below it. A model of which nobody could tell
 * stays, and clears no other.
 */
export function withoutFalseVolumes<T extends { readonly metrics: MetricTable }>(models: readonly T[]): readonly T[] {
  const worst = ({ metrics }: T): number | undefined => {
    const values = Object.values(metrics.falseVolume ?? {});
    return values.length === 0 ? undefined : Math.max(...values);
  };
  const known = models.some((model) => (worst(model) ?? Infinity) <= FALSE_VOLUME_ML);
  return known ? models.filter((model) => (worst(model) ?? 0) <= FALSE_VOLUME_ML) : models;
}
