import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import {
  chmodSync,
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import type { TestContext } from "node:test";
import { fileURLToPath } from "node:url";
import { readBundle } from "@fedace/ace-core/export";
import { seededRandom, silentLogger, systemClock } from "@fedace/ace-core/foundation";
import { parseSigningKey } from "@fedace/ace-core/host";
import { decodeSafetensors, encodeSafetensors } from "@fedace/ace-core/tensors";
import { createCoordinator, main as coordinatorMain } from "@fedace/coordinator";
import { writePhantomArchive } from "@fedace/deploy/phantom";
import { createSite, main as siteMain } from "@fedace/site-client";
import { command, Console, shifted } from "../e2e/house.js";

/** What version 0.1.0 has left on its disks, see `make.mjs` there. */
const SAMPLES = fileURLToPath(new URL("../../fixtures/first-version", import.meta.url));
const FEDACE_SITE = fileURLToPath(new URL("../../../packages/site-client/bin/fedace-site.js", import.meta.url));
const MADE = JSON.parse(readFileSync(join(SAMPLES, "made.json"), "utf8")) as {
  readonly run: string;
  readonly time: number;
};

/** Folders that were there and held nothing. */
const EMPTY: readonly string[] = ["coordinator/spool/alone-42cf"];

/** A copy of the samples beside an archive; version control keeps no permissions and no empty folders. */
async function copied(t: TestContext): Promise<string> {
  const dir = mkdtempSync(join(tmpdir(), "fedace-"));
  t.after(() => {
    rmSync(dir, { recursive: true, force: true });
  });
  cpSync(SAMPLES, dir, { recursive: true });
  for (const empty of EMPTY) mkdirSync(join(dir, empty), { recursive: true });
  for (const name of readdirSync(dir, { recursive: true, encoding: "utf8" })) chmodSync(join(dir, name), 0o700);
  const grid = { size: [20, 20, 20], spacing: 8 } as const;
  await writePhantomArchive({ dir: join(dir, "archive"), kind: "tissue", subjects: 3, seed: 1, grid });
  return dir;
}

test("a coordinator and a site that 0.1.0 left in the middle of a round go on with it: what it had trained counts once", async (t) => {
  const dir = await copied(t);
  const [pending = ""] = readdirSync(join(dir, "site", "work")).filter((name) => name.endsWith(".update.safetensors"));
  const trained = decodeSafetensors(readFileSync(join(dir, "site", "work", pending))).weights.data;
  // The round's deadline and the receipts are of then.
  const clock = shifted(MADE.time - systemClock.now());
  const data = join(dir, "coordinator");
  const coordinator = createCoordinator({ clock, logger: silentLogger }, { data, host: "127.0.0.1", port: 0 });
  t.after(() => coordinator.stop());
  await coordinator.start();
  const file = join(dir, "site", "site.json");
  const registration = JSON.parse(readFileSync(file, "utf8")) as object;
  const url = `https://127.0.0.1:${coordinator.address().port}`;
  writeFileSync(file, JSON.stringify({ ...registration, url }));
  const console = new Console();
  const site = createSite(
    { clock, random: seededRandom(1), logger: console, nodeFlags: [] },
    { data: join(dir, "site"), archive: join(dir, "archive"), labels: { kind: "tissue" }, engine: "wasm", threads: 1 },
  );
  t.after(() => site.stop());
  await site.start();
  await console.until(/^round 2 of 3: a finished update from before the restart waits for delivery/);
  await console.until(/^round 2 of 3: uploaded .* and counted/);
  await console.until(/^round 3 of 3: uploaded .* and counted/);
  await console.until(/^final score: scored/);
  await site.stop();

  const operator = (...argv: string[]) => command(coordinatorMain, [...argv, "--data", data], clock);
  const shown = await operator("run", "show", MADE.run, "--json");
  assert.equal((JSON.parse(shown.out) as { state: string }).state, "completed");
  const bundle = join(dir, "round-2.safetensors");
  assert.equal((await operator("model", "get", MADE.run, "--round", "2", "--out", bundle)).code, 0);
  assert.deepEqual(readBundle(readFileSync(bundle)).weights.data, trained, "the only update is the average");
  assert.equal((await operator("audit", "verify")).code, 0);
  const receipts = await command(siteMain, ["receipts", "--data", join(dir, "site"), "--json"], clock);
  assert.equal(receipts.code, 0, receipts.err);
  const kinds = readFileSync(join(dir, "site", "receipts.jsonl"), "utf8")
    .trimEnd()
    .split("\n");
  const counted = kinds.map((line) => JSON.parse(line) as { kind: string; what: { round?: number } });
  assert.deepEqual(
    counted.flatMap(({ kind, what }) => (kind === "counted" ? [what.round] : [])),
    [1, 2, 3],
  );
});

/** Segments the archive's first subject with a bundle: the command itself, which starts another process for its engine. */
function predicted(dir: string, bundle: string): { readonly status: number | null; readonly stderr: string } {
  const out = join(dir, "labels.nii.gz");
  rmSync(out, { force: true });
  const input = `T1w=${join(dir, "archive", "sub-01", "anat", "sub-01_T1w.nii.gz")}`;
  const flags = ["--input", input, "--out", out, "--engine", "wasm", "--threads", "1"];
  const ran = spawnSync(process.execPath, [FEDACE_SITE, "predict", "--model", bundle, ...flags], { encoding: "utf8" });
  assert.equal(existsSync(out), ran.status === 0);
  return ran;
}

/** The bundle with another card, signed anew by the coordinator that published it. */
async function resigned(dir: string, change: (card: Card) => object): Promise<string> {
  const { weights, metadata } = decodeSafetensors(readFileSync(join(dir, "bundle.safetensors")));
  const before = JSON.parse(metadata["fedace.card"] ?? "") as Card;
  const card = JSON.stringify(change(before));
  const layout = JSON.stringify(weights.specs.map(({ name, shape }) => [name, shape]));
  const key = await parseSigningKey(readFileSync(join(dir, "coordinator", "keys", "signing.json"), "utf8"));
  const { tensors } = before;
  const signature = await key.sign({ format: "fedace-bundle", card: sha256(card), layout: sha256(layout), tensors });
  const file = join(dir, "changed.safetensors");
  writeFileSync(file, encodeSafetensors(weights, { ...metadata, "fedace.card": card, "fedace.signature": signature }));
  return file;
}

interface Card {
  readonly tensors: string;
  readonly plan: object;
  readonly preprocessing: object;
}

const sha256 = (text: string): string => createHash("sha256").update(text).digest("hex");

test("a bundle that 0.1.0 published is verified and segments", async (t) => {
  const dir = await copied(t);
  const bundle = join(dir, "bundle.safetensors");
  const verified = await command(coordinatorMain, ["model", "verify", bundle], systemClock);
  assert.match(
    verified.out,
    new RegExp(`whole and unchanged since it was signed: the model of round 1 of ${MADE.run}`),
  );
  const ran = predicted(dir, bundle);
  assert.equal(ran.status, 0, ran.stderr);
});

test("a bundle that a newer version published segments as far as it needs nothing new, and says what was left out", async (t) => {
  const dir = await copied(t);
  const news = await resigned(dir, (card) => ({ ...card, licence: "CC0", plan: { ...card.plan, loss: "focal" } }));
  const verified = await command(coordinatorMain, ["model", "verify", news], systemClock);
  assert.equal(verified.code, 0, verified.err);
  assert.match(verified.out, /unknown {2}plan\.loss, licence: .* wrote it, a newer version/);
  const ran = predicted(dir, news);
  assert.equal(ran.status, 0, ran.stderr);
  assert.match(ran.stderr, /this version does not know, and leaves out, its plan\.loss, licence/);
  const needs = await resigned(dir, (card) => ({ ...card, preprocessing: { ...card.preprocessing, denoise: 1 } }));
  const refused = predicted(dir, needs);
  assert.match(
    refused.stderr,
    /^error BUNDLE_NEWER: .* does not know its preprocessing\.denoise\.\nnext: Update FedACE on this machine\./,
  );
});
