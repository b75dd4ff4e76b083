import assert from "node:assert/strict";
import { test } from "node:test";
import { isFedaceError } from "../foundation/index.js";
import { parsePlan } from "./index.js";
import type { PlanInput } from "./plan.js";

const written = (changes: Partial<PlanInput>): PlanInput => ({
  name: "a",
  classes: ["background", "WM", "lesion"],
  inputs: ["T1w"],
  spacing: [1, 1, 1],
  rounds: 2,
  ...changes,
});

test("drift correction is refused beside what it is not derived for, with what to write instead", () => {
  const correction = "control-variates";
  for (const [changes, beside, instead] of [
    [{ training: { correction, optimizer: "adam" } }, /optimizer: adam/, /optimizer: sgd/],
    [{ training: { correction }, aggregation: { strategy: "fedavgm" } }, /strategy: fedavgm/, /strategy: fedavg/],
    [{ training: { correction }, aggregation: { head: "annotating" } }, /head: annotating/, /head: average/],
  ] as const) {
    assert.throws(
      () => parsePlan(written(changes)),
      (error) => isFedaceError(error, "PLAN_INVALID") && beside.test(error.message) && instead.test(error.remedy),
    );
  }
  // Linear in the gradient, or the same at every step of every site: derived, see correction.ts.
  parsePlan(written({ training: { correction, proximal: 0.1, schedule: "cosine", clipNorm: 1, momentum: 0 } }));
  parsePlan(written({ training: { correction }, aggregation: { weighting: "classes", average: { kind: "ema" } } }));
  parsePlan(written({ training: { optimizer: "adam" }, aggregation: { head: "annotating" } }));
});

test("what chooses the best model has to match something that sites score in every round", () => {
  const classes = ["background", "CSF", "lesion"];
  for (const best of [["dice"], ["lesionF1"], ["dice:CSF", "lesionRecall:lesion"]])
    assert.deepEqual(parsePlan(written({ classes, best })).best, best);
  for (const key of [
    "dice:tumour",
    "dice:background",
    "lesionF1:CSF",
    "hd95",
    "falseVolume:CSF",
    "dice:",
    "dice:CSF:x",
    "f1",
  ]) {
    assert.throws(
      () => parsePlan(written({ classes, best: ["dice", key] })),
      (error) =>
        isFedaceError(error, "PLAN_INVALID") &&
        error.message.includes(`best: ${key} matches nothing`) &&
        error.message.includes("it can be dice, dice:CSF, dice:lesion, lesionRecall, lesionRecall:lesion, "),
      key,
    );
  }
  const tissue = { classes: ["background", "CSF", "GM"], best: ["lesionF1"] };
  assert.throws(() => parsePlan(written(tissue)), { code: "PLAN_INVALID" });
  assert.equal(parsePlan(written({})).best, undefined);
});

test("smallest regions are of classes that are scored, in mL", () => {
  assert.deepEqual(parsePlan(written({ smallest: { lesion: 0.1 } })).smallest, { lesion: 0.1 });
  for (const smallest of [{ leison: 1 }, { background: 1 }, { lesion: 0 }, { lesion: -1 }, {}]) {
    assert.throws(
      () => parsePlan(written({ smallest })),
      (error) => isFedaceError(error, "PLAN_INVALID") && error.message.includes("smallest"),
    );
  }
});
