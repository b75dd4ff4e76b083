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

test("beside each mean stand the cases in which it is defined, and their deviation", async () => {
  const labelMap = resolveLabelMap({ values: { 0: ["background"], 1: ["GM"], 2: ["lesion"] } }, labelSpace(classes));
  const cases = [toyCase(1), toyCase(2), toyCase(3)];
  const [weights, bare] = [always(1), toyCase(4)];
  const one = await Promise.all(cases.map((item) => evaluate({ weights, cases: [item], plan, labelMap })));
  // Neither the label nor the prediction has a lesion: no Dice of it.
  const none = { ...bare, labels: bare.labels.map((label) => (label === 2 ? 1 : label)) };
  const { dice, spread } = await evaluate({ weights, cases: [...cases, none], plan, labelMap });
  const values = [...one, await evaluate({ weights, cases: [none], plan, labelMap })].map(
    (each) => each.dice["GM"] ?? NaN,
  );
  const [mean, square] = [values, values.map((value) => value ** 2)].map((all) => all.reduce((a, b) => a + b, 0) / 4);
  assert.ok(Math.abs((dice["GM"] ?? NaN) - (mean ?? NaN)) < 1e-12);
  const { GM, lesion } = spread?.dice ?? {};
  assert.equal(GM?.cases, 4);
  assert.ok(Math.abs(GM.deviation ** 2 - ((square ?? NaN) - (mean ?? NaN) ** 2)) < 1e-9);
  assert.deepEqual(lesion, { cases: 3, deviation: 0 }, "0 in each of the three that have a lesion");
  assert.deepEqual(one[0]?.spread?.dice?.["GM"], { cases: 1, deviation: 0 });
});
