import assert from "node:assert/strict";
import { generateKeyPairSync, sign } from "node:crypto";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { assembleBundle, modelCard, signingPayload, tensorsDigest } from "@fedace/ace-core/export";
import { initialise, modelSpec } from "@fedace/ace-core/model";
import { parsePlan } from "@fedace/ace-core/protocol";
import type { PublicKey } from "@fedace/ace-core/protocol";
import { writeNifti } from "../archive/index.js";
import { createSiteKey, openDataFolder, writeRegistration } from "../identity/index.js";
import { openBundle } from "./bundle.js";
import { root, runPredict } from "./cli.test.helper.js";

/** A bundle signed with a fresh key, by node's own crypto. */
function bundleFile(name: string): { path: string; key: PublicKey } {
  const plan = parsePlan({
    name: "p",
    classes: ["background", "lesion"],
    inputs: ["T1w"],
    spacing: [4, 4, 4],
    model: { preset: "tiny" },
    training: { patch: [8, 8, 8] },
    rounds: 1,
  });
  const { inputs, classes, ...model } = modelSpec(plan.model, 1, 2);
  const weights = initialise({ inputs, classes, ...model }, 1);
  const card = modelCard({
    plan,
    product: "fedace",
    run: "r",
    round: 1,
    created: "2026-01-02T03:04:05Z",
    model,
    sites: [],
    scores: [],
    tensors: tensorsDigest(weights),
  });
  const pair = generateKeyPairSync("ed25519");
  const { x = "" } = pair.publicKey.export({ format: "jwk" });
  const key = { kty: "OKP", crv: "Ed25519", x } as const;
  const body = `${Buffer.from('{"alg":"EdDSA"}').toString("base64url")}.${Buffer.from(signingPayload(card, weights.specs)).toString("base64url")}`;
  const signature = `${body}.${sign(null, Buffer.from(body), pair.privateKey).toString("base64url")}`;
  const path = join(root, name);
  writeFileSync(path, assembleBundle(weights, { card, signature, key }));
  return { path, key };
}

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
  const paths = openDataFolder(join(root, "site"));
  const site = await createSiteKey(paths);
  const registration = async (coordinator: PublicKey): Promise<void> => {
    await writeRegistration(paths, {
      format: "fedace-site",
      version: 1,
      site: "here",
      key: site.publicKey,
      url: "https://localhost",
      coordinator: { name: "c", key: coordinator },
      tls: { mode: "system" },
      joined: "2026-01-02T03:04:05Z",
    });
  };
  await registration(key);
  const json = await runPredict([...argv, "--data", paths.root, "--json"]);
  const result = JSON.parse(json.out) as { trusted: boolean; volumes: { name: string }[] };
  assert.deepEqual([result.trusted, result.volumes.map(({ name }) => name)], [true, ["lesion"]]);
  await registration(site.publicKey);
  assert.match((await runPredict([...argv, "--data", paths.root])).err, /^error BUNDLE_UNTRUSTED/);
});
