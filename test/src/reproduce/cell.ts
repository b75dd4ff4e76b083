import { METRIC_NAMES, metricOf } from "@fedace/ace-core/metrics";
import type { MetricName } from "@fedace/ace-core/metrics";
import type { Plan } from "@fedace/ace-core/protocol";
import { measurer } from "@fedace/ace-core/training";
import type { Cases } from "../simulation/index.js";
import type { Method } from "./methods.js";
import { overlay } from "./tasks.js";
import { trainMethod } from "./train.js";
import type { Trained } from "./train.js";

/** One number of one case. */
export interface Value {
  readonly test: string;
  /** From 1, in the order of the test's cases. */
  readonly case: number;
  readonly class: string;
  readonly metric: MetricName;
  readonly value: number;
}

/** What a method, trained with one seed, gave on all tests. */
interface CellResult {
  readonly values: readonly Value[];
  /** Of a federated method: mean Dice per class over the first cases of each test, after some of the rounds. */
  readonly rounds: readonly { readonly round: number; readonly dice: Readonly<Record<string, number>> }[];
  /** Per test the segmentation of its first case, at the plan's spacing. */
  readonly shown: Readonly<Record<string, Uint8Array>>;
}

/** On whose voxels all is scored here: the plan's. */
const SCORED = METRIC_NAMES.filter((name) => metricOf(name).onScan !== true && name !== "falseVolumeShare");
/** Cases of each test that a curve over the rounds is drawn from, and points of the curve. */
const CURVE = { cases: 3, points: 8 } as const;

/** Trains a method and scores it. */
export async function runCell(
  method: Method,
  plan: Plan,
  sites: readonly Cases[],
  tests: readonly Cases[],
): Promise<CellResult> {
  const rounds: { round: number; dice: Record<string, number> }[] = [];
  const every = Math.max(1, Math.round(plan.rounds / CURVE.points));
  const models = await trainMethod(method, plan, sites, async (round, model) => {
    if (round % every !== 0 && round !== 1 && round !== plan.rounds) return;
    const few = tests.map((test) => ({ ...test, cases: test.cases.slice(0, CURVE.cases) }));
    rounds.push({ round, dice: meanByClass((await score([model], plan, few, ["dice"])).values) });
  });
  return { ...(await score(models, plan, tests, SCORED)), rounds };
}

/** Where several models answer for a class, its number is their mean. */
async function score(
  models: readonly Trained[],
  plan: Plan,
  tests: readonly Cases[],
  names: readonly MetricName[],
): Promise<Pick<CellResult, "values" | "shown">> {
  const [r, a, s] = plan.spacing;
  const values: Value[] = [];
  const shown: Record<string, Uint8Array> = {};
  for (const { name: test, cases, labelMap } of tests) {
    const { truth, measure } = measurer(labelMap);
    for (const [n, item] of cases.entries()) {
      const found: Uint8Array[] = [];
      const numbers = new Map<string, number[]>();
      for (const { segment, answersFor } of models) {
        const prediction = await segment(item);
        found.push(prediction);
        const pair = { prediction, truth: truth(item.labels), size: item.size, spacing: [s, a, r] as const };
        for (const { metric, k, value } of measure(pair, names)) {
          if (value === null || !answersFor.includes(k)) continue;
          const key = `${metric} ${k}`;
          numbers.set(key, [...(numbers.get(key) ?? []), value]);
        }
      }
      for (const [key, those] of numbers) {
        const [metric = "", k = ""] = key.split(" ");
        const value = those.reduce((sum, one) => sum + one, 0) / those.length;
        values.push({ test, case: n + 1, class: plan.classes[Number(k)] ?? "", metric: metric as MetricName, value });
      }
      shown[test] ??= overlay(found, plan.classes);
    }
  }
  return { values, shown };
}

function meanByClass(values: readonly Value[]): Record<string, number> {
  const names = [...new Set(values.map((value) => value.class))];
  return Object.fromEntries(
    names.map((name) => {
      const those = values.filter((value) => value.class === name);
      return [name, those.reduce((sum, { value }) => sum + value, 0) / those.length];
    }),
  );
}
