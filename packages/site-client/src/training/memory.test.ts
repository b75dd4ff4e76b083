import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { coreError } from "@fedace/ace-core/foundation";
import { initialise, modelSpec } from "@fedace/ace-core/model";
import { parsePlan } from "@fedace/ace-core/protocol";
import type { Plan, PlanInput } from "@fedace/ace-core/protocol";
import { encodeSafetensors } from "@fedace/ace-core/tensors";
import { estimateStep } from "@fedace/ace-core/training";
import { writeNifti } from "../archive/index.js";
import { explainExhausted, requireMemory, stepDemand } from "./memory.js";
import type { EngineRoom } from "./memory.js";
import { openWorkshop } from "./workshop.js";
import type { Listener } from "./workshop.js";

const SIDE = 12;
const folder = mkdtempSync(join(tmpdir(), "fedace-"));
const archive = join(folder, "archive");
const model = join(folder, "model.safetensors");
const ENGINE: EngineRoom = {
  name: "wasm",
  processor: "CPU",
  capacityBytes: undefined,
  largestTensorBytes: undefined,
  idleBytes: () => 0,
};
const NOTHING = { available: 0, carried: 0 };
const planInput: PlanInput = {
  name: "p",
  classes: ["background", "CSF", "GM", "WM"],
  inputs: ["T1w"],
  spacing: [2, 2, 2],
  model: { preset: "tiny" },
  training: { patch: [8, 8, 8], batch: 2, steps: 1, holdout: 0 },
  rounds: 3,
};
const plan = parsePlan(planInput);
/** Bytes of the archive's one case when it is prepared: float32 and a byte of label. */
const CASE_BYTES = 5 * SIDE ** 3;

before(async () => {
  const anat = join(archive, "sub-01", "anat");
  const labels = join(archive, "derivatives", "labels", "sub-01", "anat");
  mkdirSync(anat, { recursive: true });
  mkdirSync(labels, { recursive: true });
  const grid = { size: [SIDE, SIDE, SIDE], affine: [2, 0, 0, 0, 0, 2, 0, 0, 0, 0, 2, 0] } as const;
  const data = Float32Array.from({ length: SIDE ** 3 }, (_, v) => 1 + Math.sin(v) ** 2);
  await writeNifti(join(anat, "sub-01_T1w.nii.gz"), { grid, data, type: "float32" });
  const values = Uint8Array.from({ length: SIDE ** 3 }, (_, v) => v % 4);
  await writeNifti(join(labels, "sub-01_dseg.nii.gz"), { grid, data: values, type: "uint8", labels: true });
  writeFileSync(model, encodeSafetensors(initialise(modelSpec(plan.model, 1, 4), 1)));
});
after(() => {
  rmSync(folder, { recursive: true, force: true });
});

const listener: Listener = {
  signal: new AbortController().signal,
  progress: () => undefined,
  skipped: () => undefined,
};

/** A training process on a machine on which `available` bytes are free. */
async function bench(): Promise<{ work: (of: Plan, available: number) => Promise<unknown> }> {
  let free = 0;
  const setup = { site: "here", archive, labels: { kind: "tissue" }, engine: "wasm", threads: 1, engines: [] } as const;
  const { workshop } = await openWorkshop({ type: "open", id: 1, ...setup, engines: [] }, () => free);
  return {
    work: (of, available) => {
      free = available;
      const request = { type: "work", id: 2, kind: "train", round: 1, plan: of, model } as const;
      const kept = { run: "r", runs: join(folder, "runs"), beside: { previous: null, average: null } };
      return workshop.work({ ...request, ...kept, update: join(folder, "update.safetensors") }, listener);
    },
  };
}

test("what the first round left on the engine's heap is there for the next rounds", async () => {
  const { work } = await bench();
  const step = estimateStep(plan).bytes;
  await work(plan, step + CASE_BYTES);
  // The machine has nothing left: the engine still holds what the first round took.
  await work(plan, 0);
  const larger = parsePlan({ ...planInput, training: { ...planInput.training, batch: 16 } });
  const more = estimateStep(larger).bytes - step;
  await assert.rejects(work(larger, more - 1), { code: "PLAN_MEMORY" }, "what goes beyond that is asked for");
  await work(larger, more);
});

test("the cases of the plan before make room for those of the next", async () => {
  const { work } = await bench();
  const step = estimateStep(plan).bytes;
  await work(plan, step + CASE_BYTES);
  const other = parsePlan({ ...planInput, spacing: [2, 2, 2.0001] });
  await work(other, CASE_BYTES / 10);
});

test("what a step will take is not given to the archive, on either side of the bound", async () => {
  const step = estimateStep(plan).bytes;
  await assert.rejects((await bench()).work(plan, step + CASE_BYTES - 1), { code: "ARCHIVE_MEMORY" });
  await (await bench()).work(plan, step + CASE_BYTES);
});

test("a step asks the machine for what its engine does not hold already; a GPU has a memory of its own", () => {
  const { bytes } = estimateStep(plan);
  assert.equal(stepDemand(plan, ENGINE, NOTHING), bytes);
  assert.equal(stepDemand(plan, { ...ENGINE, idleBytes: () => bytes - 5 }, NOTHING), 5);
  assert.equal(stepDemand(plan, { ...ENGINE, idleBytes: () => 1 }, { available: 0, carried: bytes - 5 }), 5);
  assert.equal(stepDemand(plan, { ...ENGINE, idleBytes: () => bytes + 5 }, NOTHING), 0);
  assert.equal(stepDemand(plan, ENGINE, { available: 0, carried: bytes }), bytes, "it keeps nothing");
  assert.equal(stepDemand(plan, { ...ENGINE, processor: "GPU" }, NOTHING), 0);
});

test("a plan that needs more memory than there is is refused with both figures, on either side of the bound", () => {
  const needed = estimateStep(plan).bytes;
  const refusedWith = (engine: Partial<EngineRoom>, available: number): string => {
    try {
      requireMemory(plan, { ...ENGINE, ...engine }, { available, carried: 0 });
      return "";
    } catch (error) {
      return (error as Error).message;
    }
  };
  assert.equal(refusedWith({ name: "plain" }, needed), "");
  assert.match(refusedWith({ name: "plain" }, needed - 1), /about \d+ MiB.*plain engine can have \d+ MiB/);
  assert.match(
    refusedWith({ name: "tensorflow" }, needed),
    /tensorflow engine can have/,
    "it takes half as much again",
  );
  assert.equal(refusedWith({ name: "tensorflow" }, 1.5 * needed), "");
  assert.equal(refusedWith({ name: "tensorflow", processor: "GPU" }, 0), "", "the GPU has a memory of its own");
  const large = parsePlan({ ...planInput, training: { patch: [128, 128, 128], batch: 64 } });
  assert.throws(
    () => {
      requireMemory(large, { ...ENGINE, capacityBytes: 4 * 1024 ** 3 }, { available: Infinity, carried: 0 });
    },
    {
      code: "PLAN_MEMORY",
      remedy: /^This would fit: training\.batch: 8 \(about \d+ MiB\)\.$/,
    },
  );
});

test("a plan with a tensor larger than a GPU's buffers is refused, on either side of the bound", () => {
  const { largestTensor } = estimateStep(plan);
  const on = (largestTensorBytes: number) => (): void => {
    requireMemory(plan, { ...ENGINE, name: "webgpu", processor: "GPU", largestTensorBytes }, NOTHING);
  };
  assert.doesNotThrow(on(largestTensor));
  assert.throws(on(largestTensor - 1), { code: "PLAN_MEMORY", remedy: /^This would fit: / });
});

test("an engine that runs out of memory is a plan that does not fit; other errors stay what they are", () => {
  const large = parsePlan({ ...planInput, training: { patch: [64, 64, 64], batch: 8 } });
  for (const error of [
    coreError("ENGINE_MEMORY", "the device has no memory left"),
    new Error("Invalid TF_Status: 8\nMessage: OOM when allocating tensor with shape[8,64,64,64,8]"),
  ]) {
    const explained = explainExhausted(error, large, ENGINE) as Error & { code?: string; remedy?: string };
    assert.equal(explained.code, "PLAN_MEMORY");
    assert.match(explained.remedy ?? "", /^This would fit: .*training\.batch: [1-4] /);
    assert.equal(explained.cause, error);
  }
  const other = new Error("something else");
  assert.equal(explainExhausted(other, large, ENGINE), other);
});
