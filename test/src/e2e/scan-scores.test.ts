import assert from "node:assert/strict";
import { join } from "node:path";
import { test } from "node:test";
import { diceTable } from "@fedace/ace-core/metrics";
import { readNifti } from "@fedace/site-client";
import { House } from "./house.js";

const CLASSES = ["background", "CSF", "GM", "WM"];

interface Shown {
  readonly state: string;
  readonly scores: readonly {
    readonly classes: Readonly<Record<string, number>>;
    readonly pooled: { readonly scanDice?: Readonly<Record<string, { readonly mean: number }>> };
  }[];
}

test("a final model's Dice on the scans' own voxels is that of the labels that predict writes of the same scans", async (t) => {
  const house = await House.open(t);
  await house.joined("alone");
  const { site, console } = house.site("alone");
  await site.start();
  const training = {
    patch: [8, 8, 8] as [number, number, number],
    batch: 8,
    steps: 60,
    holdout: 0,
    optimizer: "sgd" as const,
  };
  const first = await house.run({ inputs: ["T1w", "FLAIR"], rounds: 3, training });
  await console.until(/^final score: scored/);
  const bundle = join(house.dir, "joint.safetensors");
  const got = await house.coordinator("model", "get", first, "--round", "latest", "--out", bundle);
  assert.equal(got.code, 0, got.err);
  // Nothing is kept back of an archive that is only scored: every case counts.
  const run = await house.run({ inputs: ["T1w", "FLAIR"], init: bundle, rounds: 0 });
  await console.until(/^final score: scored/, 2);
  await site.stop();

  const predicted: (number | null)[][] = [];
  for (const sub of ["sub-01", "sub-02", "sub-03"]) {
    const out = join(house.dir, `${sub}.nii.gz`);
    const inputs = ["T1w", "FLAIR"].flatMap((suffix) => [
      "--input",
      `${suffix}=${join(house.archive, sub, "anat", `${sub}_${suffix}.nii.gz`)}`,
    ]);
    const ran = await house.predict("--model", bundle, ...inputs, "--out", out, "--engine", "wasm", "--threads", "1");
    assert.equal(ran.code, 0, ran.err);
    const truth = await readNifti(join(house.archive, "derivatives/labels", sub, "anat", `${sub}_dseg.nii.gz`));
    predicted.push(diceTable((await readNifti(out)).data, truth.data, CLASSES.length));
  }
  const shown = JSON.parse((await house.coordinator("run", "show", run, "--json")).out) as Shown;
  const [scores] = shown.scores;
  assert.ok(scores?.pooled.scanDice !== undefined);
  for (const [k, name] of CLASSES.entries()) {
    if (k === 0) continue;
    const values = predicted.map((dice) => dice[k] ?? 0);
    const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
    assert.ok(Math.abs((scores.pooled.scanDice[name]?.mean ?? 0) - mean) < 1e-6, `${name}: ${mean}`);
    assert.ok(mean > 0.1, `${name} was not learned`);
    assert.notEqual(scores.classes[name]?.toFixed(4), mean.toFixed(4), "at the plan's spacing it is another figure");
  }
  const text = (await house.coordinator("run", "show", run)).out;
  assert.match(text, /Dice of the latest scored model \(after round 0\) at 8 × 8 × 8 mm/);
  assert.match(text, /on the scans' own voxels, all sites by cases: CSF 0\.\d{3} \[0\.\d{3}, 0\.\d{3}\] \(3\), GM/);
});
