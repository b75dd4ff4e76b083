import assert from "node:assert/strict";
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { parsePlan } from "@fedace/ace-core/protocol";
import { weightSet } from "@fedace/ace-core/tensors";
import type { WeightSet } from "@fedace/ace-core/tensors";
import type { TrainingCase } from "@fedace/ace-core/training";
import { aloneFolder, caseDigest, forgetAlone, noteCases, readWitness } from "./index.js";

const root = mkdtempSync(join(tmpdir(), "fedace-"));
after(() => {
  rmSync(root, { recursive: true, force: true });
});
const planOf = (seed: number): ReturnType<typeof parsePlan> =>
  parsePlan({ name: "a", classes: ["background", "x"], inputs: ["T1w"], spacing: [1, 1, 1], rounds: 9, seed });
const weights = (...values: readonly number[]): WeightSet =>
  weightSet([{ name: "w", shape: [values.length] }], Float32Array.from(values));
const basis = "a".repeat(64);

test("a saved point comes back as it was, replaces the one before, and is each plan's own", async () => {
  const folder = join(root, "points");
  const own = aloneFolder(folder, planOf(1));
  assert.deepEqual([own.done(), await own.read()], [0, undefined]);
  await own.write({ basis, round: 1, seconds: 2 }, { model: weights(1, 2), average: weights(1, 2) });
  await own.write({ basis, round: 2, seconds: 3 }, { model: weights(3, 4), average: weights(2, 3) });
  const read = await own.read();
  assert.deepEqual([own.done(), read?.round, read?.seconds, read?.basis], [2, 2, 3, basis]);
  assert.deepEqual(read?.weights, { model: weights(3, 4), average: weights(2, 3) });
  const [name = ""] = readdirSync(folder);
  assert.equal(readdirSync(join(folder, name)).length, 3, "what names them, and two sets of weights");
  assert.equal(aloneFolder(folder, planOf(2)).done(), 0);
  writeFileSync(join(folder, "site.lock"), "");
  forgetAlone(folder);
  assert.deepEqual(readdirSync(folder), ["site.lock"]);
});

test("a saved point of which a part is lost or changed is none", async () => {
  const folder = join(root, "damaged");
  const own = aloneFolder(folder, planOf(1));
  await own.write({ basis, round: 1, seconds: 2 }, { model: weights(1, 2), average: weights(1, 2) });
  const [name = ""] = readdirSync(folder);
  const file = join(folder, name, readdirSync(join(folder, name)).find((one) => one.endsWith("safetensors")) ?? "");
  const bytes = readFileSync(file);
  bytes[bytes.length - 1] = (bytes.at(-1) ?? 0) ^ 1;
  writeFileSync(file, bytes);
  assert.equal(await own.read(), undefined);
  rmSync(file);
  assert.equal(await own.read(), undefined);
  own.forget();
  assert.deepEqual(readdirSync(folder), []);
});

test("what trained and what was kept back adds up over rounds, and a damaged record is left alone", async () => {
  const made = (value: number): TrainingCase => ({
    index: value,
    size: [1, 1, 2],
    channels: 1,
    image: Float32Array.of(value, 1),
    labels: Uint8Array.of(0, 1),
  });
  const [one, two, three] = [made(1), made(2), made(3)];
  assert.equal(caseDigest(made(1)), caseDigest(one), "by what is in it");
  assert.notEqual(caseDigest({ ...one, labels: Uint8Array.of(1, 1) }), caseDigest(one));
  const folder = join(root, "runs");
  await noteCases(folder, "run-1", 1, { training: [one, two], heldBack: [three] });
  await noteCases(folder, "run-1", 2, { training: [one, three], heldBack: [two] });
  const witness = readWitness(folder, "run-1");
  assert.deepEqual(witness?.rounds, [1, 2]);
  assert.deepEqual(witness.trained, [one, two, three].map(caseDigest));
  assert.deepEqual(witness.keptBack, [three, two].map(caseDigest));
  assert.equal(readWitness(folder, "run-2"), undefined);
  const path = join(folder, "run-1.cases.json");
  writeFileSync(path, "{");
  await noteCases(folder, "run-1", 3, { training: [one], heldBack: [] });
  assert.equal(readWitness(folder, "run-1"), undefined, "a record of the last round alone would say too little");
});
