import assert from "node:assert/strict";
import { test } from "node:test";
import { estimateStepBytes, openEngine, tf } from "@fedace/ace-core/engine";
import { problem } from "../bench/engines/problem.js";
import type { Patch } from "../bench/engines/problem.js";
import { startTraining } from "../bench/engines/step.js";

const SHAPES: readonly { filters: number; levels: number; blocks: number; batch: number; patch: Patch }[] = [
  { filters: 8, levels: 3, blocks: 2, batch: 2, patch: [32, 32, 32] },
  { filters: 4, levels: 2, blocks: 2, batch: 2, patch: [16, 16, 16] },
  { filters: 8, levels: 3, blocks: 1, batch: 3, patch: [32, 24, 16] },
  { filters: 16, levels: 3, blocks: 2, batch: 1, patch: [32, 32, 16] },
];

test("the estimate of a training step's memory is within 25 % of the allocator's peak", async () => {
  for (const { batch, patch, ...model } of SHAPES) {
    const engine = await openEngine({ choice: "wasm", threads: 1 });
    const training = startTraining(problem(model, batch, patch));
    for (let step = 0; step < 2; step++) await training.step();
    const ratio = estimateStepBytes({ ...model, batch, patch, inputs: 2, classes: 5 }) / engine.peakBytes();
    training.dispose();
    await engine.close();
    assert.ok(ratio > 0.8 && ratio < 1.25, `${JSON.stringify(model)}: estimate / peak = ${ratio.toFixed(3)}`);
  }
});

test("training steps leave no tensor behind and end with the memory they began with", async () => {
  const engine = await openEngine({ choice: "wasm", threads: 2 });
  const training = startTraining(problem({ filters: 4, levels: 2 }, 2, [8, 8, 8]));
  const first = await training.step();
  await training.step();
  const { numTensors } = tf.memory();
  const peak = engine.peakBytes();
  let last = first;
  for (let step = 0; step < 4; step++) last = await training.step();
  assert.equal(tf.memory().numTensors, numTensors);
  assert.equal(engine.peakBytes(), peak);
  assert.ok(last < first, "the loss falls");
  training.dispose();
  await engine.close();
});
