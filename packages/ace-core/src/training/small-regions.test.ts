import assert from "node:assert/strict";
import { before, test } from "node:test";
import { openEngine } from "../engine/index.js";
import { initialise, modelSpec } from "../model/index.js";
import { views } from "../tensors/index.js";
import { argmax, evaluate, predictProbabilities } from "./index.js";
import { dropSmallRegions, fewestVoxels } from "./small-regions.js";
import { toyCase, toyLesion, toyPlan } from "./toy.test.helper.js";

before(async () => {
  await openEngine({ choice: "plain" });
});

/** Probabilities of four classes along a row of voxels: the most probable class of each, class 1 next. */
function row(...best: readonly number[]): Float32Array {
  return Float32Array.from(best.flatMap((b) => [0, 1, 2, 3].map((k) => (k === b ? 0.6 : k === 1 ? 0.3 : 0.05))));
}

test("a region of lesions that is smaller than each of its classes asks for becomes what is next; others stay", () => {
  //                core, oedema side by side; oedema alone; core alone; tissue
  const labels = [2, 3, 3, 0, 3, 3, 0, 2, 0, 1];
  const cleaned = (fewest: readonly number[]): number[] => {
    const probabilities = row(...labels);
    dropSmallRegions(probabilities, [1, 1, labels.length], fewest);
    return [...argmax(probabilities, 4)];
  };
  assert.deepEqual(cleaned([0, 0, 0, 0]), labels);
  assert.deepEqual(cleaned([0, 0, 2, 2]), [2, 3, 3, 0, 3, 3, 0, 1, 0, 1], "one voxel of core is too small");
  assert.deepEqual(cleaned([0, 0, 2, 3]), [2, 3, 3, 0, 1, 1, 0, 1, 0, 1], "two of oedema as well");
  assert.deepEqual(
    cleaned([0, 0, 1, 9]),
    [2, 3, 3, 0, 1, 1, 0, 2, 0, 1],
    "oedema beside a core that is large enough stays",
  );
  assert.deepEqual(
    cleaned([0, 0, 0, 2]),
    labels.map((k) => k),
    "core has no limit, and oedema is large enough",
  );
  assert.deepEqual(
    cleaned([0, 0, 4, 4]),
    [1, 1, 1, 0, 1, 1, 0, 1, 0, 1],
    "a region never becomes the other limited class",
  );
});

test("millilitres become voxels of the plan's spacing", () => {
  const plan = toyPlan({}, { spacing: [2, 2, 2], smallest: { WM: 0.08 } });
  assert.deepEqual(fewestVoxels(plan), [0, 0, 10]);
  assert.equal(fewestVoxels(toyPlan()), undefined);
});

test("what is scored and what is predicted go by the plan's smallest regions", async () => {
  const item = toyCase(1, [12, 13, 14], "lesion");
  const scored = async (smallest?: Readonly<Record<string, number>>) => {
    const plan = toyPlan({}, smallest === undefined ? {} : { smallest });
    const model = modelSpec(plan.model, plan.inputs.length, plan.classes.length);
    const weights = initialise(model, 0);
    const bias = views(weights).get("head.bias");
    bias?.set([0, 0, 30]);
    const { dice } = await evaluate({ weights, cases: [item], plan, labelMap: toyLesion });
    const request = { weights, model, image: item.image, size: item.size, patch: [8, 8, 8] as const };
    const found = argmax(await predictProbabilities({ ...request, fewest: fewestVoxels(plan) }), 3);
    return { dice: dice["WM"], voxels: found.filter((k) => k === 2).length };
  };
  const all = await scored();
  assert.ok(all.voxels > 0 && Number(all.dice) > 0);
  assert.deepEqual(await scored({ WM: 1 }), all, "the whole head is one region of more than 1 mL");
  assert.deepEqual(await scored({ WM: 100 }), { dice: 0, voxels: 0 });
});
