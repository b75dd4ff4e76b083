import type { MetricName } from "@fedace/ace-core/metrics";
import type { Value } from "./cell.js";
import { COMPARISONS } from "./methods.js";
import type { MethodId } from "./methods.js";
import { wilcoxon } from "./wilcoxon.js";

/** A value and where it is from. */
export interface Observation extends Value {
  readonly scenario: string;
  readonly method: MethodId;
  readonly seed: number;
}

/** A method in one class and metric, over the cases of all tests. */
export interface Figure {
  readonly scenario: string;
  readonly method: MethodId;
  readonly class: string;
  readonly metric: MetricName;
  readonly cases: number;
  readonly seeds: number;
  readonly mean: number;
  /** Standard deviation over the cases, each taken as its mean over the seeds; null for one case. */
  readonly deviation: number | null;
  /** Standard deviation of the seeds' means; null for one seed. */
  readonly seedDeviation: number | null;
}

/** Two methods on the same cases. */
export interface Comparison {
  readonly scenario: string;
  readonly first: MethodId;
  readonly second: MethodId;
  readonly class: string;
  readonly cases: number;
  /** Mean Dice of the first less that of the second. */
  readonly difference: number;
  /** Two-sided, of Wilcoxon's signed-rank test over the cases, not corrected for their number; null where nothing differs. */
  readonly p: number | null;
}

export function figures(observations: readonly Observation[]): Figure[] {
  return groups(observations, ({ scenario, method, class: name, metric }) => [scenario, method, name, metric]).map(
    (those) => {
      const [{ scenario, method, class: name, metric }] = those;
      const cases = [...byCase(those).values()];
      const seeds = groups(those, ({ seed }) => [seed]).map((own) => mean(own.map(({ value }) => value)));
      return {
        scenario,
        method,
        class: name,
        metric,
        cases: cases.length,
        seeds: seeds.length,
        mean: mean(cases),
        deviation: deviation(cases),
        seedDeviation: deviation(seeds),
      };
    },
  );
}

export function comparisons(observations: readonly Observation[]): Comparison[] {
  const dice = observations.filter(({ metric }) => metric === "dice");
  return groups(dice, ({ scenario, class: name }) => [scenario, name]).flatMap((those) => {
    const [{ scenario, class: name }] = those;
    return COMPARISONS.flatMap(([first, second]) => {
      const [one, other] = [first, second].map((id) => byCase(those.filter(({ method }) => method === id)));
      const differences = [...(one ?? [])].flatMap(([key, value]) => {
        const beside = other?.get(key);
        return beside === undefined ? [] : [value - beside];
      });
      if (differences.length === 0) return [];
      const difference = mean(differences);
      return [
        { scenario, first, second, class: name, cases: differences.length, difference, p: wilcoxon(differences) },
      ];
    });
  });
}

/** Per case its mean over the seeds. */
function byCase(observations: readonly Observation[]): Map<string, number> {
  const those = groups(observations, (one) => [one.test, one.case]);
  return new Map(those.map((own) => [`${own[0].test} ${own[0].case}`, mean(own.map(({ value }) => value))]));
}

type Some<T> = [T, ...T[]];

function groups<T>(items: readonly T[], key: (item: T) => readonly unknown[]): Some<T>[] {
  const found = new Map<string, Some<T>>();
  for (const item of items) {
    const name = JSON.stringify(key(item));
    const those = found.get(name);
    if (those === undefined) found.set(name, [item]);
    else those.push(item);
  }
  return [...found.values()];
}

export function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

function deviation(values: readonly number[]): number | null {
  if (values.length < 2) return null;
  const centre = mean(values);
  return Math.sqrt(values.reduce((sum, value) => sum + (value - centre) ** 2, 0) / (values.length - 1));
}
