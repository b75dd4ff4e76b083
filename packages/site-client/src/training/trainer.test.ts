import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { isFedaceError, seededRandom, silentLogger, systemClock } from "@fedace/ace-core/foundation";
import type { LabelMapConfig } from "@fedace/ace-core/labels";
import { initialise, modelSpec, tensorSpecs } from "@fedace/ace-core/model";
import { parsePlan } from "@fedace/ace-core/protocol";
import type { PlanInput } from "@fedace/ace-core/protocol";
import { decodeSafetensors, encodeSafetensors, sameLayout } from "@fedace/ace-core/tensors";
import { writeNifti } from "../archive/index.js";
import type { WorkProgress } from "./messages.js";
import { Trainer } from "./trainer.js";

const SIDE = 12;
const folder = mkdtempSync(join(tmpdir(), "fedace-"));
const archive = join(folder, "archive");
const model = join(folder, "model.safetensors");
const planInput: PlanInput = {
  name: "p",
  classes: ["background", "CSF", "GM", "WM", "lesion"],
  inputs: ["T1w"],
  spacing: [2, 2, 2],
  model: { preset: "tiny" },
  training: { patch: [8, 8, 8], batch: 2, steps: 3, holdout: 0.34 },
  rounds: 2,
};
const plan = parsePlan(planInput);
const spec = modelSpec(plan.model, 1, 5);
const trainers: Trainer[] = [];

before(async () => {
  const random = seededRandom(5);
  for (const name of ["sub-01", "sub-02", "sub-03", "sub-04"]) {
    const anat = join(archive, name, "anat");
    const labels = join(archive, "derivatives", "labels", name, "anat");
    mkdirSync(anat, { recursive: true });
    mkdirSync(labels, { recursive: true });
    const affine = [2, 0, 0, 0, 0, 2, 0, 0, 0, 0, 2, 0] as const;
    const grid = { size: [SIDE, SIDE, SIDE], affine } as const;
    const data = Float32Array.from({ length: SIDE ** 3 }, () => 1 + random.uniform());
    await writeNifti(join(anat, `${name}_T1w.nii.gz`), { grid, data, type: "float32" });
    const values = Uint8Array.from({ length: SIDE ** 3 }, () => random.integer(4));
    await writeNifti(join(labels, `${name}_dseg.nii.gz`), { grid, data: values, type: "uint8", labels: true });
  }
  writeFileSync(join(archive, "sub-04", "anat", "sub-04_T1w.nii.gz"), "not an image");
  writeFileSync(model, encodeSafetensors(initialise(spec, 1)));
});
after(async () => {
  for (const trainer of trainers) await trainer.stop();
  rmSync(folder, { recursive: true, force: true });
});

function trainerOf(labels: LabelMapConfig = { kind: "tissue" }, directory = archive): Trainer {
  const trainer = new Trainer(
    { clock: systemClock, logger: silentLogger, nodeFlags: [] },
    { site: "here", archive: directory, labels, engine: "plain", threads: null, engines: [] },
  );
  trainers.push(trainer);
  return trainer;
}

const never = (): AbortSignal => new AbortController().signal;
const order = {
  kind: "train",
  round: 1,
  plan,
  model,
  update: join(folder, "update.safetensors"),
  run: "r",
  runs: join(folder, "runs"),
  beside: { previous: null, average: null },
} as const;

test("the training process surveys an archive, scores the received model, trains and writes the update", async () => {
  const trainer = trainerOf();
  assert.match((await trainer.open()).engine, /^plain/);
  const survey = await trainer.survey(["T1w"], { signal: never() });
  assert.deepEqual([survey.cases, survey.skipped.map(({ number }) => number), survey.inputs], [3, [4], ["T1w"]]);
  assert.deepEqual(survey.doubts, []);
  const values = { 0: ["background"], 1: ["CSF"], 2: ["GM"], 3: ["WM"], 7: ["lesion"] };
  const doubted = await trainerOf({ values }).survey(["T1w"], { signal: never() });
  assert.deepEqual(doubted.doubts, ["no case has 7 (lesion)"]);

  const phases: WorkProgress[] = [];
  const skipped: number[] = [];
  const outcome = await trainer.work(order, {
    signal: never(),
    onProgress: (progress) => phases.push(progress),
    onSkipped: (cases) => skipped.push(...cases.map(({ number }) => number)),
  });
  assert.ok(outcome.kind === "train");
  const file = readFileSync(order.update);
  assert.equal(outcome.bytes, file.length);
  assert.equal(outcome.sha256, createHash("sha256").update(file).digest("hex"));
  const update = decodeSafetensors(file);
  assert.ok(sameLayout(update.weights.specs, tensorSpecs(spec)));
  assert.deepEqual(update.metadata, {}, "nothing but tensors");
  assert.equal(outcome.numbers.cases, 2);
  assert.equal(outcome.numbers.steps, 3);
  assert.equal(outcome.numbers.evaluation?.cases, 1);
  assert.equal(outcome.numbers.evaluation.dice["lesion"], null);
  assert.deepEqual(Object.keys(outcome.numbers.voxels), ["background", "CSF", "GM", "WM"]);
  assert.deepEqual([...new Set(phases.map(({ phase }) => phase))], ["preparing", "evaluating", "training"]);
  assert.deepEqual(skipped, [4]);

  phases.length = 0;
  const again = await trainer.work(order, { signal: never(), onProgress: (progress) => phases.push(progress) });
  assert.ok(again.kind === "train");
  assert.equal(again.sha256, outcome.sha256, "the same round gives the same update");
  assert.ok(!phases.some(({ phase }) => phase === "preparing"), "the archive is read once");
  const score = await trainer.work({ ...order, kind: "evaluate", round: 3 }, { signal: never() });
  assert.ok(score.kind === "evaluate");
});

const codeOf = async (work: Promise<unknown>): Promise<string> =>
  work.then(
    () => "none",
    (error: unknown) => (isFedaceError(error) ? error.code : String(error)),
  );

test("what is wrong with archive, labels or plan comes over with its code", async () => {
  assert.equal(
    await codeOf(trainerOf({ kind: "tissue" }, join(folder, "none")).work(order, { signal: never() })),
    "ARCHIVE_NOT_FOUND",
  );
  const strange: LabelMapConfig = { values: { "0": ["background"], "1": ["tumour"] } };
  assert.equal(await codeOf(trainerOf(strange).work(order, { signal: never() })), "LABEL_CLASS_UNKNOWN");
  const missing = { ...order, plan: parsePlan({ ...planInput, inputs: ["T1w", "FLAIR"] }) };
  assert.equal(await codeOf(trainerOf().work(missing, { signal: never() })), "ARCHIVE_NO_CASES");
  const other = { ...order, plan: parsePlan({ ...planInput, model: { preset: "small" } }) };
  assert.equal(await codeOf(trainerOf().work(other, { signal: never() })), "WEIGHTS_LAYOUT");
});

test("a killed training process is a crash, and the next request starts another", async () => {
  const trainer = trainerOf();
  const long = { ...order, plan: parsePlan({ ...planInput, training: { ...planInput.training, steps: 100_000 } }) };
  const crashed = codeOf(
    trainer.work(long, {
      signal: never(),
      onProgress: ({ phase }) => {
        if (phase === "training") trainer.kill();
      },
    }),
  );
  assert.equal(await crashed, "WORKER_CRASHED");
  assert.equal((await trainer.work(order, { signal: never() })).kind, "train");
});

test("work that is given up stops between steps and leaves the process usable", async () => {
  const trainer = trainerOf();
  const long = { ...order, plan: parsePlan({ ...planInput, training: { ...planInput.training, steps: 100_000 } }) };
  const controller = new AbortController();
  const given = trainer.work(long, {
    signal: controller.signal,
    onProgress: ({ phase }) => {
      if (phase === "training") controller.abort(new Error("given up"));
    },
  });
  await assert.rejects(given, /given up/);
  assert.equal((await trainer.work(order, { signal: never() })).kind, "train");
});
