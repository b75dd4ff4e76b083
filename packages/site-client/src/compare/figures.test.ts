import assert from "node:assert/strict";
import { test } from "node:test";
import type { Evaluation } from "@fedace/ace-core/protocol";
import { compareFigures } from "./index.js";
import type { ScoredCase } from "./figures.js";

const CLASSES = ["background", "GM", "lesion"];
const of = (dice: number | null, more: Evaluation["metrics"] = {}): Evaluation => ({
  cases: 1,
  dice: { background: null, GM: null, lesion: dice },
  metrics: more,
});
const pairs = (alone: readonly (number | null)[], joint: readonly (number | null)[]): ScoredCase[] =>
  alone.map((value, i) => ({ alone: of(value), joint: of(joint[i] ?? null) }));

test("the difference has the interval of the paired differences: t of two degrees of freedom, 4.302653, times 0.1/√3", () => {
  const [figure, ...more] = compareFigures(CLASSES, pairs([0.1, 0.5, 0.3], [0.2, 0.7, 0.6]));
  assert.deepEqual(more, []);
  assert.ok(figure?.interval);
  assert.deepEqual([figure.class, figure.metric, figure.cases], ["lesion", "dice", 3]);
  const expected = [0.3, 0.5, 0.2, 0.2 - 0.248414, 0.2 + 0.248414];
  const found = [figure.alone, figure.joint, figure.difference, ...figure.interval];
  for (const [i, value] of expected.entries()) assert.ok(Math.abs((found[i] ?? NaN) - value) < 1e-5, String(found));
  assert.equal(figure.jointIs, "unclear", "the interval holds 0");
});

test("only cases where both models have a figure are compared; of fewer than three there is no interval", () => {
  const [figure] = compareFigures(CLASSES, pairs([0.1, null, 0.3], [0.4, 0.9, 0.6]));
  assert.deepEqual([figure?.cases, figure?.interval, figure?.jointIs], [2, null, "unclear"]);
  assert.ok(Math.abs((figure?.alone ?? 0) - 0.2) < 1e-12, "the second case is in neither mean");
  assert.deepEqual(compareFigures(CLASSES, pairs([null], [0.4])), []);
});

test("what is better depends on the metric", () => {
  const told = (
    metric: "dice" | "hd95" | "volumeDifference",
    alone: readonly number[],
    joint: readonly number[],
  ): string => {
    const make = (value: number): Evaluation =>
      metric === "dice" ? of(value) : of(null, { [metric]: { lesion: value } });
    const scored = alone.map((value, i) => ({ alone: make(value), joint: make(joint[i] ?? NaN) }));
    return compareFigures(CLASSES, scored).find((one) => one.metric === metric)?.jointIs ?? "";
  };
  const [low, high] = [
    [0.1, 0.2, 0.3, 0.15],
    [0.6, 0.71, 0.8, 0.66],
  ];
  assert.equal(told("dice", low, high), "better");
  assert.equal(told("dice", high, low), "worse");
  assert.equal(told("dice", high, high), "same");
  assert.equal(told("hd95", low, high), "worse");
  assert.equal(told("hd95", high, low), "better");
  // 50 % too small is worse than 1 % too large.
  assert.equal(told("volumeDifference", [-50, -52, -48, -55], [1, 1.2, 0.9, 1]), "better");
});
