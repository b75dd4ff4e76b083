import assert from "node:assert/strict";
import { rmSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { readNifti } from "@fedace/site-client";
import { House } from "./house.js";

interface Shown {
  readonly sites: readonly { readonly inputs: readonly string[] | null }[];
  readonly shares: readonly { readonly cases: number }[];
}

test("an archive in which cases lack images takes part, and its model segments a scan that lacks one", async (t) => {
  const house = await House.open(t);
  const image = (subject: string, suffix: string): string =>
    join(house.archive, subject, "anat", `${subject}_${suffix}.nii.gz`);
  rmSync(image("sub-01", "FLAIR"));
  rmSync(image("sub-02", "FLAIR"));
  await house.joined("north");
  const { site, console } = house.site("north");
  await site.start();
  const patch: [number, number, number] = [8, 8, 8];
  const training = { patch, batch: 2, steps: 2, holdout: 0, dropInputs: 0.4 };
  const run = await house.run({ inputs: ["T1w", "FLAIR"], training });
  await console.until(/^round 1 of 1: uploaded .* and counted/);
  await console.until(/^final score/);
  const shown = JSON.parse((await house.coordinator("run", "show", run, "--json")).out) as Shown;
  assert.deepEqual(shown.sites[0]?.inputs, ["T1w", "FLAIR"]);
  assert.equal(shown.shares[0]?.cases, 3, "those without FLAIR as well");
  assert.match((await house.coordinator("run", "show", run)).out, /images +now\nnorth +yes +T1w, FLAIR/);

  const bundle = join(house.dir, "joint.safetensors");
  const got = await house.coordinator("model", "get", run, "--round", "latest", "--out", bundle);
  assert.equal(got.code, 0, got.err);
  const model = ["--model", bundle, "--engine", "wasm", "--threads", "1"];
  const [scan, out] = [image("sub-01", "T1w"), join(house.dir, "labels.nii.gz")];
  const ran = await house.predict(...model, "--input", `T1w=${scan}`, "--out", out);
  assert.equal(ran.code, 0, ran.err);
  assert.deepEqual((await readNifti(out)).grid, (await readNifti(scan)).grid);
});
