import assert from "node:assert/strict";
import { readFileSync, writeFileSync } from "node:fs";
import test from "node:test";
import { EXIT_CODES } from "@fedace/ace-core/foundation";
import { bundleHeader, readBundle, signingPayload } from "@fedace/ace-core/export";
import { decodeSafetensors, encodeSafetensors, parseHeader } from "@fedace/ace-core/tensors";
import { verifyJws } from "@fedace/ace-core/host";
import { createSigningKey } from "../identity/index.js";
import { runCommand, temporaryFolder, TestCoordinator } from "../testing/coordinator.js";
import type { Ran } from "../testing/coordinator.js";
import { createRun } from "../testing/federation.js";

test("a bundle is a safetensors file; verify accepts it as it is and with no byte changed", async (t) => {
  const coordinator = await TestCoordinator.create(t);
  const run = await createRun(coordinator);
  const file = coordinator.path("model.safetensors");
  const got = await coordinator.run("model", "get", run, "--out", file, "--round", "0");
  assert.equal(got.code, 0, got.err);
  const bytes = readFileSync(file);
  assert.equal(decodeSafetensors(bytes).weights.data.length > 0, true);
  const verify = (): Promise<Ran> => coordinator.run("model", "verify", file);
  assert.equal((await verify()).json()["sha256"], got.json()["sha256"]);
  const code = async (changed: Uint8Array, ...args: string[]): Promise<unknown> => {
    writeFileSync(file, changed);
    const ran = await coordinator.run("model", "verify", file, ...args);
    return ran.code === 0 ? undefined : (JSON.parse(ran.err) as { error: string }).error;
  };
  const flipped = (index: number): Uint8Array => {
    const copy = Uint8Array.from(bytes);
    copy[index] = (copy[index] ?? 0) ^ 1;
    return copy;
  };
  const { dataOffset } = parseHeader(bytes);
  assert.equal(await code(flipped(dataOffset)), "BUNDLE_INVALID", "a weight");
  assert.equal(await code(flipped(bytes.length - 1)), "BUNDLE_INVALID", "the last weight");
  assert.equal(await code(bytes.subarray(0, bytes.length - 4)), "BUNDLE_INVALID", "cut off");
  assert.equal(await code(encodeSafetensors(decodeSafetensors(bytes).weights)), "BUNDLE_INVALID", "weights alone");
  const text = new TextDecoder("latin1").decode(bytes);
  const round = text.indexOf('\\"round\\":0');
  assert.equal(await code(flipped(round + 10)), "BUNDLE_SIGNATURE", "the model card");
  assert.equal(await code(bytes), undefined);

  const other = await createSigningKey(temporaryFolder(t));
  const { card, weights } = readBundle(bytes);
  const signature = await other.signBytes(signingPayload(card, weights.specs));
  const header = bundleHeader(weights.specs, { card, signature, key: other.publicKey });
  const forged = Buffer.concat([header, bytes.subarray(dataOffset)]);
  assert.equal(await code(forged), "BUNDLE_SIGNATURE", "signed well, by somebody else");
  writeFileSync(coordinator.path("other.json"), JSON.stringify(other.publicKey));
  assert.equal(await code(forged, "--key", coordinator.path("other.json")), undefined);
  assert.equal(await code(bytes, "--key", coordinator.path("other.json")), "BUNDLE_SIGNATURE");
  assert.equal(await code(bytes, "--key", file), "INPUT_UNREADABLE");

  // A model user has no data folder: the file's own key shows that nothing was changed, and is named.
  writeFileSync(file, forged);
  const alone = (await runCommand(["model", "verify", file, "--json"])).json();
  assert.deepEqual([alone["verified"], alone["trusted"], alone["signer"]], [true, false, other.thumbprint]);
  assert.equal((await verify()).code, EXIT_CODES.refused);
  writeFileSync(file, flipped(round + 10));
  assert.equal((await runCommand(["model", "verify", file, "--json"])).code, EXIT_CODES.refused);
});

test("models that are not there, or best of none, are named", async (t) => {
  const coordinator = await TestCoordinator.create(t);
  const run = await createRun(coordinator);
  const code = async (...args: string[]): Promise<unknown> => {
    const ran = await coordinator.run("model", "get", run, "--out", coordinator.path("out"), ...args);
    return (JSON.parse(ran.err) as { error: string }).error;
  };
  assert.equal(await code("--round", "1"), "MODEL_NOT_FOUND");
  assert.equal(await code("--round", "best"), "MODEL_NOT_ASSESSED");
  assert.equal(await code("--round", "first"), "COMMAND_USAGE");
  assert.equal(await code(), "MODEL_UNTRAINED");
  assert.equal(await code("--round", "latest"), "MODEL_UNTRAINED");
  const initial = await coordinator.run("model", "get", run, "--out", coordinator.path("initial"), "--round", "0");
  assert.equal(initial.json()["round"], 0, "whoever asks for it by number knows what it is");
});

test("a signature holds for its key and its bytes only", async (t) => {
  const [key, other] = [await createSigningKey(temporaryFolder(t)), await createSigningKey(temporaryFolder(t))];
  const jws = await key.sign({ a: 1 });
  assert.deepEqual(await verifyJws(jws, key.publicKey), { ok: true, payload: { a: 1 } });
  assert.deepEqual(await verifyJws(jws, other.publicKey), { ok: false, reason: "signature" });
  const unsigned = `${Buffer.from('{"alg":"none"}').toString("base64url")}.${jws.split(".")[1] ?? ""}.`;
  assert.deepEqual(await verifyJws(unsigned, key.publicKey), { ok: false, reason: "malformed" });
});
