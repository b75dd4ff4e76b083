import assert from "node:assert/strict";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { writeNifti } from "../archive/index.js";
import { openBundle } from "./bundle.js";
import { bundleFile, joinedFolder } from "./bundle.test.helper.js";
import { root, runPredict } from "./cli.test.helper.js";

test("a bundle is verified against the coordinator's key, or against its own, and says which", async () => {
  const { path, key } = bundleFile("good.fedace");
  const trusted = await openBundle(path, key);
  assert.equal(trusted.trusted, true);
  const own = await openBundle(path, undefined);
  assert.equal(own.trusted, false);
  assert.match(own.signedBy, /^signed by key [\w-]{43}, not checked against a coordinator you joined$/);
  await assert.rejects(openBundle(path, bundleFile("other.fedace").key), { code: "BUNDLE_UNTRUSTED" });
});

test("a bundle of which anything was changed is refused", async () => {
  const { path, key } = bundleFile("changed.fedace");
  const good = readFileSync(path);
  const weights = Buffer.from(good);
  weights[weights.length - 1] = (weights.at(-1) ?? 0) ^ 1;
  writeFileSync(path, weights);
  await assert.rejects(openBundle(path, key), { code: "BUNDLE_INVALID" });
  const text = good.toString("latin1");
  writeFileSync(path, Buffer.from(text.replace('\\"round\\":1', '\\"round\\":7'), "latin1"));
  await assert.rejects(openBundle(path, key), { code: "BUNDLE_UNTRUSTED" });
  writeFileSync(path, good.subarray(0, 100));
  await assert.rejects(openBundle(path, key), { code: "BUNDLE_INVALID" });
});

test("predict segments a scan, says who signed the model, and trusts only the coordinator that was joined", async () => {
  const { path, key } = bundleFile("predict.fedace");
  const scan = join(root, "scan.nii.gz");
  const grid = { size: [10, 11, 12], affine: [4, 0, 0, 0, 0, 4, 0, 0, 0, 0, 4, 0] } as const;
  await writeNifti(scan, { grid, data: Float32Array.from({ length: 1320 }, (_, i) => 1 + (i % 7)), type: "float32" });
  const out = join(root, "labels.nii.gz");
  const argv = [
    "predict",
    "--model",
    path,
    "--input",
    `T1w=${scan}`,
    "--out",
    out,
    "--engine",
    "wasm",
    "--threads",
    "1",
  ];
  const free = await runPredict(argv);
  assert.equal(free.code, 0, free.err);
  assert.match(free.out, /not checked against a coordinator you joined/);
  assert.match(free.out, /lesion +\d+\.\d\d mL/);
  const { data, registration } = await joinedFolder("site");
  await registration(key);
  const json = await runPredict([...argv, "--data", data, "--json"]);
  const result = JSON.parse(json.out) as { trusted: boolean; volumes: { name: string }[] };
  assert.deepEqual([result.trusted, result.volumes.map(({ name }) => name)], [true, ["lesion"]]);
  await registration(bundleFile("stranger.fedace").key);
  assert.match((await runPredict([...argv, "--data", data])).err, /^error BUNDLE_UNTRUSTED/);
});
