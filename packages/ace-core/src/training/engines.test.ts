import assert from "node:assert/strict";
import { test } from "node:test";
import { listEngines, openEngine, tf } from "../engine/index.js";
import type { EngineName } from "../engine/index.js";
import { initialise, modelSpec } from "../model/index.js";
import type { PlanInput } from "../protocol/index.js";
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

interface Trained {
  readonly losses: readonly number[];
  readonly mixedPrecision: boolean;
}

/** The losses of ten steps from the same weights on the same batches. */
async function lossesOn(engine: EngineName, options: PlanInput["training"]): Promise<Trained> {
  const plan = toyPlan(options);
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
    return { losses, mixedPrecision: opened.mixedPrecision };
  } finally {
    trainer.dispose();
    await opened.close();
  }
}

/** Allowed relative difference of a loss; in 16 bits a number has 11 of them. */
const SAME_LOSS = { float32: 1e-3, mixed: 5e-2 } as const;

test("ten steps from the same seed have the same losses on every engine that runs here", async (t) => {
  const { losses: expected } = await lossesOn("plain", {});
  assert.ok((expected[9] ?? NaN) < (expected[0] ?? NaN), "the loss falls");
  for (const { name, usable } of await listEngines()) {
    if (!usable) continue;
    for (const options of [{}, { checkpointing: true }, { precision: "mixed" }] as const) {
      const { losses, mixedPrecision } = await lossesOn(name, options);
      const precision = "precision" in options && mixedPrecision ? "mixed" : "float32";
      const worst = Math.max(...losses.map((loss, i) => Math.abs(loss / (expected[i] ?? NaN) - 1)));
      t.diagnostic(`${name}, ${precision} ${JSON.stringify(options)}: ${worst.toExponential(1)}`);
      assert.ok(worst <= SAME_LOSS[precision], `${name}: ${losses.join()} instead of ${expected.join()}`);
      // Sixteen bits leave their mark: without one they were not used.
      if (precision === "mixed") assert.ok(worst > 1e-7, "the same losses as in 32 bits");
    }
  }
});
