import assert from "node:assert/strict";
import { test } from "node:test";
import type { PlanInput } from "@fedace/ace-core/protocol";
import { scoreTable } from "./scores.js";
import { exhausted } from "./stopping.js";
import { A, B, contextOf, model, started } from "./story.test.helper.js";

const planOf = (stop: PlanInput["stop"]) => contextOf([A, B], stop === undefined ? {} : { stop }).plan;

/** The table of models 0, 1, … whose classes were scored like this; null is a class that nobody scored. */
function table(...scores: [tissue: number, lesion: number | null][]) {
  const classes = ["background", "CSF", "GM", "WM", "lesion"];
  return scoreTable(
    classes,
    scores.flatMap(([tissue, lesion], i) => [
      { round: i + 1, site: "a", cases: 2, dice: { CSF: tissue, GM: tissue, WM: tissue } },
      ...(lesion === null ? [] : [{ round: i + 1, site: "b", cases: 2, dice: { lesion } }]),
    ]),
  );
}

test("the best model is known for exhausted when `patience` scored ones after it are no better", () => {
  const rising = table([0.1, 0.9], [0.5, 0.5], [0.6, 0.6]);
  assert.equal(exhausted(planOf({ patience: 1 }), rising), undefined, "the initial model does not count");
  const resting = table([0, 0], [0.5, 0.5], [0.6, 0.6], [0.6, 0.6], [0.5, 0.6]);
  assert.equal(exhausted(planOf({ patience: 3 }), resting), undefined);
  assert.equal(exhausted(planOf({ patience: 2 }), resting), 2, "as good is no better");
  assert.equal(exhausted(planOf(undefined), resting), undefined);
  assert.equal(exhausted(planOf({ patience: 1 }), []), undefined);
});

test("one class may decide; a model of which the figure is not known neither helps nor harms", () => {
  const lesions = table([0, 0], [0.9, 0.2], [0.8, 0.3], [0.7, null], [0.6, 0.3]);
  assert.equal(exhausted(planOf({ metric: "dice:lesion", patience: 2 }), lesions), undefined);
  assert.equal(exhausted(planOf({ metric: "dice:lesion", patience: 1 }), lesions), 2);
  assert.equal(exhausted(planOf({ metric: "dice:WM", patience: 3 }), lesions), 1);
  assert.equal(exhausted(planOf({ metric: "dice", patience: 2 }), lesions), 1);
});

test("a metric of a class that the plan does not have, or does not score, is refused", () => {
  for (const metric of ["dice:tumour", "dice:background", "hd95", "dice:"])
    assert.throws(() => planOf({ metric, patience: 1 }), { code: "PLAN_INVALID" }, metric);
});

test("a run that has nothing to hope for has its newest model scored and is completed, rounds left or not", () => {
  const story = started([A, B], { rounds: 9, stop: { patience: 2 } });
  for (const round of [1, 2]) {
    story.count(A, round).count(B, round).on({ type: "aggregated", round, model });
    assert.equal(story.state.stage.kind, "collecting");
  }
  story.count(A, 3).count(B, 3);
  story.context = { ...story.context, exhausted: 1 };
  story.on({ type: "aggregated", round: 3, model });
  assert.equal(story.audit("run.stopped-early"), 1);
  assert.deepEqual(story.duties, ["a evaluate 4", "b evaluate 4"]);
  for (const { name: site } of [A, B]) story.on({ type: "evaluated", round: 4, site });
  assert.equal(story.state.stage.kind, "completed");
});

test("in the last round there is nothing left to stop", () => {
  const story = started([A, B], { rounds: 1, stop: { patience: 1 } });
  story.context = { ...story.context, exhausted: 1 };
  story.count(A).count(B).on({ type: "aggregated", round: 1, model });
  assert.equal(story.audit("run.stopped-early"), 0);
  assert.deepEqual(story.duties, ["a evaluate 2", "b evaluate 2"]);
});
