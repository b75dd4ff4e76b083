import assert from "node:assert/strict";
import { test } from "node:test";
import { labelSpace, resolveLabelMap } from "../../labels/index.js";
import { initialise, modelSpec } from "../../model/index.js";
import { parsePlan } from "../../protocol/index.js";
import { createTrainer } from "../../training/index.js";
import { openEngine, tf } from "../index.js";

/** tfjs's own operations that have a kernel of ours for large tensors; the plain one does what is left. */
const SHARED = new Set(["Add", "Sub", "Multiply", "Square", "Sum"]);
/** New names for the same values. */
const VIEWS = new Set(["Identity", "Reshape"]);
/** From this size on our kernels take over (elementwise.ts). */
const LARGE = 1024;

/** Voxels per side of a patch. */
const SIDE = 24;

interface Run {
  readonly name: string;
  readonly ms: number;
  /** Elements of what it made. */
  readonly size: number;
}

/** Every kernel of one training step with all options on. */
async function profile(optimizer: "sgd" | "adam", checkpointing: boolean): Promise<readonly Run[]> {
  const classes = ["background", "CSF", "GM", "WM", "lesion"];
  const plan = parsePlan({
    ...{ name: "step", classes, inputs: ["T1w", "FLAIR"], spacing: [2, 2, 2], rounds: 1 },
    training: { patch: [SIDE, SIDE, SIDE], batch: 2, optimizer, checkpointing, proximal: 0.01, clipNorm: 1 },
  });
  const engine = await openEngine({ choice: "wasm", threads: 2 });
  const map = resolveLabelMap({ kind: "tissue" }, labelSpace(classes));
  const trainer = createTrainer(plan, map, initialise(modelSpec(plan.model, 2, classes.length), 0));
  const step = (): Promise<number> =>
    trainer.step(
      Float32Array.from({ length: 2 * SIDE ** 3 * 2 }, (_, i) => Math.sin(i)),
      Int32Array.from({ length: 2 * SIDE ** 3 }, (_, i) => i % 4),
      0.1,
    );
  // The first steps compile.
  for (let i = 0; i < 3; i++) await step();
  const { kernels } = await tf.profile(step);
  const runs = await Promise.all(
    kernels.map(async ({ name, kernelTimeMs, outputShapes }) => ({
      name,
      ms: Number(await kernelTimeMs),
      size: outputShapes.reduce((sum, shape) => sum + tf.util.sizeFromShape(shape), 0),
    })),
  );
  trainer.dispose();
  await engine.close();
  // The loss with its gradient is an unnamed scope around two kernels that are in the list themselves.
  return runs.filter(({ name }) => name !== "unnamed scope");
}

for (const optimizer of ["sgd", "adam"] as const) {
  for (const checkpointing of [false, true]) {
    test(`nothing of a step is left to the plain backend but single numbers and small weights: ${optimizer}${checkpointing ? ", checkpointing" : ""}`, async (t) => {
      const runs = await profile(optimizer, checkpointing);
      const plain = runs.filter(
        ({ name, size }) => !name.startsWith("Fedace") && !VIEWS.has(name) && !(SHARED.has(name) && size >= LARGE),
      );
      const total = runs.reduce((sum, { ms }) => sum + ms, 0);
      const share = plain.reduce((sum, { ms }) => sum + ms, 0) / total;
      const names = [...new Set(plain.map(({ name }) => name))].sort();
      t.diagnostic(
        `plain: ${names.join(", ")}; ${plain.length} of ${runs.length} kernels, ${(100 * share).toFixed(1)} % of the time`,
      );
      for (const { name, size } of plain) {
        assert.ok(SHARED.has(name) ? size < LARGE : size === 1, `${name} made ${size} elements`);
      }
    });
  }
}
