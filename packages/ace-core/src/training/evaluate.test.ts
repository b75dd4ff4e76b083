import assert from "node:assert/strict";
import { before, test } from "node:test";
import { openEngine } from "../engine/index.js";
import { labelSpace, resolveLabelMap } from "../labels/index.js";
import { HEAD_BIAS, initialise, modelSpec } from "../model/index.js";
import { views } from "../tensors/index.js";
import { evaluate } from "./index.js";
import { toyCase, toyPlan } from "./toy.test.helper.js";

before(async () => {
  await openEngine({ choice: "plain" });
});

const classes = ["background", "GM", "lesion"];
const plan = toyPlan({}, { classes });

/** Weights by which every voxel is of this class. */
function always(k: number) {
  const weights = initialise(modelSpec(plan.model, 1, classes.length), 1);
  views(weights)
    .get(HEAD_BIAS)
    ?.set(classes.map((_, i) => (i === k ? 100 : 0)));
  return weights;
}

test("annotated classes that are no tissue are scored lesion by lesion, tissues are not", async () => {
  const labelMap = resolveLabelMap({ values: { 0: ["background"], 1: ["GM"], 2: ["lesion"] } }, labelSpace(classes));
  const cases = [toyCase(1), toyCase(2)];
  const [full, empty] = [
    await evaluate({ weights: always(2), cases, plan, labelMap }),
    await evaluate({ weights: always(0), cases, plan, labelMap }),
  ];
  const { lesionRecall, lesionPrecision, lesionF1 } = full.metrics ?? {};
  assert.deepEqual([lesionRecall, lesionPrecision, lesionF1], [{ lesion: 1 }, { lesion: 1 }, { lesion: 1 }]);
  assert.deepEqual(
    [empty.metrics?.lesionRecall, empty.metrics?.lesionPrecision, empty.metrics?.lesionF1],
    [{ lesion: 0 }, undefined, { lesion: 0 }],
  );
});
