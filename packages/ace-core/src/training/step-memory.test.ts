import assert from "node:assert/strict";
import { test } from "node:test";
import { openEngine, tf, valueAndGradients } from "../engine/index.js";
import { labelSpace, resolveLabelMap } from "../labels/index.js";
import { lossFor } from "../loss/index.js";
import { forward, initialise, modelSpec } from "../model/index.js";
import { parsePlan } from "../protocol/index.js";
import type { Plan, PlanInput } from "../protocol/index.js";
import { createTrainer, estimateStep, fittingStep } from "./index.js";
import { uploadWeights } from "./network.js";

const CLASSES = ["background", "CSF", "GM", "WM", "lesion"];
const map = resolveLabelMap({ kind: "tissue" }, labelSpace(CLASSES));

function planOf(model: PlanInput["model"], training: PlanInput["training"]): Plan {
  return parsePlan({
    name: "memory",
    classes: CLASSES,
    inputs: ["T1w", "FLAIR"],
    spacing: [2, 2, 2],
    rounds: 1,
    model,
    training,
  });
}

/** Takes steps of a plan on zeros; the losses, and the engine's peak after each. */
async function train(plan: Plan, steps: number): Promise<{ losses: number[]; peaks: number[]; tensors: number[] }> {
  const engine = await openEngine({ choice: "wasm", threads: 2 });
  const spec = modelSpec(plan.model, plan.inputs.length, plan.classes.length);
  const trainer = createTrainer(plan, map, initialise(spec, 0));
  const [losses, peaks, tensors]: [number[], number[], number[]] = [[], [], []];
  const { batch, patch } = plan.training;
  const voxels = batch * patch[0] * patch[1] * patch[2];
  for (let step = 0; step < steps; step++) {
    const images = Float32Array.from({ length: voxels * 2 }, (_, i) => Math.sin(i));
    const labels = Int32Array.from({ length: voxels }, (_, i) => i % 4);
    losses.push(await trainer.step(images, labels, 0.1));
    peaks.push(engine.peakBytes());
    tensors.push(tf.memory().numTensors);
  }
  trainer.dispose();
  await engine.close();
  return { losses, peaks, tensors };
}

const SHAPES: readonly (readonly [PlanInput["model"], PlanInput["training"]])[] = [
  [{ preset: "small" }, { batch: 3 }],
  [{ preset: "small" }, { batch: 3, checkpointing: true }],
  [{ preset: "small" }, { batch: 2, patch: [48, 32, 16], optimizer: "adam" }],
  [
    { filters: 8, levels: 3, blocks: 1 },
    { batch: 4, patch: [32, 32, 32] },
  ],
  [
    { filters: 16, levels: 3, blocks: 3 },
    { batch: 1, patch: [32, 32, 32], checkpointing: true },
  ],
  [{ preset: "paper" }, { batch: 1 }],
];

test("the estimate of a training step's memory is within 15 % of the allocator's peak", async (t) => {
  for (const [model, training] of SHAPES) {
    const plan = planOf(model, training);
    const { peaks } = await train(plan, 2);
    const ratio = estimateStep(plan).bytes / (peaks.at(-1) ?? 0);
    const what = `${JSON.stringify([model, training])}: estimate / peak = ${ratio.toFixed(3)}`;
    t.diagnostic(what);
    assert.ok(ratio > 0.85 && ratio < 1.15, what);
  }
});

test("checkpointing changes no loss and takes at most .75 of the memory", async () => {
  const kept = await train(planOf({ preset: "small" }, { batch: 2 }), 3);
  const again = await train(planOf({ preset: "small" }, { batch: 2, checkpointing: true }), 3);
  assert.deepEqual(again.losses, kept.losses);
  assert.ok((again.peaks[2] ?? NaN) < 0.75 * (kept.peaks[2] ?? NaN), `${again.peaks.join()} of ${kept.peaks.join()}`);
});

test("the backward pass takes at most .65 of the memory of tfjs's own, for the same gradients", async () => {
  const plan = planOf({ preset: "small" }, { batch: 2 });
  const spec = modelSpec(plan.model, 2, CLASSES.length);
  const loss = lossFor("ace-dice", map);
  const differentiate = async (own: boolean): Promise<{ peak: number; values: readonly number[] }> => {
    const engine = await openEngine({ choice: "wasm", threads: 2 });
    const weights = [...uploadWeights(initialise(spec, 0), spec)];
    const values = tf.tidy(() => {
      const x = tf.randomNormal<tf.Rank.R5>([2, 32, 32, 32, 2], 0, 1, "float32", 1);
      const y = tf.zeros<tf.Rank.R4>([2, 32, 32, 32], "int32");
      const at = (...tensors: tf.Tensor[]): tf.Scalar =>
        loss(forward(new Map(weights.map(([name], i) => [name, tensors[i] ?? tf.scalar(NaN)])), x, spec), y);
      const tensors = weights.map(([, tensor]) => tensor);
      const gradients = own
        ? valueAndGradients(() => at(...tensors), tensors).gradients
        : tf.valueAndGrads(at)(tensors).grads;
      return gradients.flatMap((gradient) => [...gradient.dataSync()]);
    });
    const peak = engine.peakBytes();
    await engine.close();
    return { peak, values };
  };
  const [ours, theirs] = [await differentiate(true), await differentiate(false)];
  assert.deepEqual(ours.values, theirs.values);
  assert.ok(ours.peak < 0.65 * theirs.peak, `${ours.peak} of ${theirs.peak} bytes`);
});

test("training steps leave no tensor behind and end with the memory they began with", async () => {
  const plan = planOf({ filters: 4, levels: 2 }, { batch: 2, patch: [8, 8, 8] });
  const { losses, peaks, tensors } = await train(plan, 6);
  assert.equal(new Set(tensors).size, 1, tensors.join());
  assert.equal(new Set(peaks.slice(1)).size, 1, peaks.join());
  assert.ok((losses[5] ?? NaN) < (losses[0] ?? NaN), "the loss falls");
});

test("a step that does not fit is offered as one that does, with as little changed as possible", () => {
  const plan = planOf({ preset: "small" }, { batch: 7, patch: [64, 48, 32] });
  const bytesOf = (choice: Parameters<typeof estimateStep>[1]): number => estimateStep(plan, choice).bytes;
  const wanted = { patch: plan.training.patch, batch: 7, checkpointing: false };
  const whole = bytesOf(wanted);
  const checkpointed = { ...wanted, checkpointing: true };
  assert.deepEqual(fittingStep(plan, { bytes: whole - 1 }), checkpointed);
  const four = { ...wanted, batch: 4 };
  assert.ok(bytesOf(four) < bytesOf(checkpointed));
  assert.deepEqual(fittingStep(plan, { bytes: bytesOf(four) }), four);
  const one = { ...wanted, batch: 1, checkpointing: true };
  assert.deepEqual(fittingStep(plan, { bytes: bytesOf(one) }), one);
  const smaller = fittingStep(plan, { bytes: bytesOf(one) - 1 });
  assert.deepEqual(smaller, { ...one, patch: [60, 44, 28] });
  assert.equal(fittingStep(plan, { bytes: 1000 }), undefined);
  const largest = estimateStep(plan, wanted).largestTensor;
  assert.equal(fittingStep(plan, { bytes: whole, largestTensor: largest / 2 })?.batch, 3, "a limit on one tensor");
});
