import assert from "node:assert/strict";
import { test } from "node:test";
import { listEngines, openEngine, tf } from "../engine/index.js";
import type { EngineName } from "../engine/index.js";
import { initialise, modelSpec } from "../model/index.js";
import { l2norm, subtract } from "../tensors/index.js";
import type { WeightSet } from "../tensors/index.js";
import { createTrainer, evaluate, localRound } from "./index.js";
import { toyCase, toyPlan, toyTissue } from "./toy.test.helper.js";

/** Trains and scores on one engine, and checks that it is left as empty as it was. */
async function roundOn(engine: EngineName, optimizer: "sgd" | "adam"): Promise<{ update: WeightSet; dice: number }> {
  const plan = toyPlan({ steps: 5, optimizer, proximal: 0.01, clipNorm: 5 });
  const weights = initialise(modelSpec(plan.model, plan.inputs.length, plan.classes.length), 4);
  const opened = await openEngine({ choice: engine });
  try {
    const before = tf.memory().numTensors;
    const cases = [0, 1].map((i) => toyCase(i));
    const result = await localRound({ plan, round: 1, weights, cases, labelMap: toyTissue, site: "north" });
    const scored = await evaluate({ weights: result.weights, cases, plan, labelMap: toyTissue });
    assert.equal(tf.memory().numTensors, before, "tensors are left on the engine");
    return { update: subtract(result.weights, weights), dice: scored.dice["WM"] ?? Number.NaN };
  } finally {
    await opened.close();
  }
}

for (const optimizer of ["sgd", "adam"] as const) {
  test(`a round of ${optimizer} on every engine that runs here agrees with the reference, and leaves no tensor`, async (t) => {
    const expected = await roundOn("plain", optimizer);
    const engines = (await listEngines()).filter(({ usable }) => usable);
    assert.ok(engines.some(({ name }) => name === "wasm"));
    for (const { name } of engines) {
      const { update, dice } = await roundOn(name, optimizer);
      const relative = l2norm(subtract(update, expected.update)) / l2norm(expected.update);
      t.diagnostic(`${name}: relative difference of the update ${relative.toExponential(1)}`);
      assert.ok(relative < 1e-4, `${name}: ${relative}`);
      assert.ok(Math.abs(dice - expected.dice) < 0.01);
    }
  });
}

/** The losses of ten steps on the same batch from the same weights. */
async function lossesOn(engine: EngineName, checkpointing: boolean): Promise<readonly number[]> {
  const plan = toyPlan({ checkpointing });
  const { batch, patch } = plan.training;
  const voxels = batch * patch[0] * patch[1] * patch[2];
  const opened = await openEngine({ choice: engine });
  const weights = initialise(modelSpec(plan.model, plan.inputs.length, plan.classes.length), 4);
  const trainer = createTrainer(plan, toyTissue, weights);
  const losses: number[] = [];
  try {
    for (let step = 0; step < 10; step++) {
      const images = Float32Array.from({ length: voxels * plan.inputs.length }, (_, i) => Math.sin(i * (step + 1)));
      const labels = Int32Array.from({ length: voxels }, (_, i) => Math.floor(i / 7) % toyTissue.sets.length);
      losses.push(await trainer.step(images, labels, 0.1));
    }
    return losses;
  } finally {
    trainer.dispose();
    await opened.close();
  }
}

test("ten steps from the same seed have the same losses on every engine that runs here, to 1e-3", async (t) => {
  const expected = await lossesOn("plain", false);
  assert.ok((expected[9] ?? NaN) < (expected[0] ?? NaN), "the loss falls");
  for (const { name, usable } of await listEngines()) {
    if (!usable) continue;
    for (const checkpointing of [false, true]) {
      const losses = await lossesOn(name, checkpointing);
      const worst = Math.max(...losses.map((loss, i) => Math.abs(loss / (expected[i] ?? NaN) - 1)));
      t.diagnostic(`${name}${checkpointing ? ", checkpointing" : ""}: ${worst.toExponential(1)}`);
      assert.ok(worst <= 1e-3, `${name}: ${losses.join()} instead of ${expected.join()}`);
    }
  }
});
