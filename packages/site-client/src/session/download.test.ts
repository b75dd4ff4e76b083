import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { open } from "node:fs/promises";
import type { FileHandle } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, mock, test } from "node:test";
import { LIMITS, parsePlan } from "@fedace/ace-core/protocol";
import { siteError } from "../errors.js";
import type { VerifiedAssignment } from "../identity/index.js";
import { downloadModels } from "./download.js";
import { workFolder } from "./work-folder.js";

const root = mkdtempSync(join(tmpdir(), "fedace-"));
after(() => {
  rmSync(root, { recursive: true, force: true });
});

const content = Uint8Array.from({ length: 2 * LIMITS.chunkBytes + 7 }, (_, i) => (i * 31 + (i >> 8)) & 0xff);
const sha256 = createHash("sha256").update(content).digest("hex");
const plan = parsePlan({
  name: "p",
  classes: ["background", "lesion"],
  inputs: ["T1w"],
  spacing: [2, 2, 2],
  rounds: 9,
});
const model = { sha256, bytes: content.length };

function assignment(changes: Partial<VerifiedAssignment> = {}): VerifiedAssignment {
  return { jws: "jws", kind: "train", site: "here", run: "r", round: 1, plan, model, deadline: 0, ...changes };
}

/** A coordinator that hands out `bytes`, and fails from an offset on if told so. */
function source(bytes: Uint8Array = content, failFrom = Infinity) {
  const asked: number[] = [];
  return {
    asked,
    readModel: async ({ offset, length }: { offset: number; length: number }): Promise<Uint8Array> => {
      asked.push(offset);
      if (offset >= failFrom) throw siteError("CONNECTION_LOST", "gone");
      return Promise.resolve(bytes.slice(offset, offset + length));
    },
  };
}

let folders = 0;
function freshFolder(): string {
  return mkdtempSync(join(root, `work-${(folders += 1)}-`));
}

function get(
  folder: string,
  outbound: ReturnType<typeof source>,
  what = assignment(),
  progress: number[] = [],
): Promise<void> {
  const signal = new AbortController().signal;
  return downloadModels(what, {
    runs: join(folder, "runs"),
    outbound,
    folder: workFolder(folder),
    signal,
    onProgress: (done) => progress.push(done),
  });
}

test("a model arrives whole, in chunks of a mebibyte, and is not fetched twice", async () => {
  const folder = freshFolder();
  const first = source();
  const progress: number[] = [];
  await get(folder, first, assignment(), progress);
  const { model: path } = workFolder(folder).files(assignment());
  const partial = `${path}.part`;
  assert.ok(readFileSync(path).equals(content));
  assert.equal(existsSync(partial), false);
  assert.deepEqual(first.asked, [0, LIMITS.chunkBytes, 2 * LIMITS.chunkBytes]);
  assert.deepEqual(progress, [LIMITS.chunkBytes, 2 * LIMITS.chunkBytes, content.length]);
  const again = source();
  await get(folder, again);
  assert.deepEqual(again.asked, []);
});

test("a model that is here already is held against its checksum, and fetched again where it has rotted", async () => {
  const folder = freshFolder();
  await get(folder, source());
  const { model: path } = workFolder(folder).files(assignment());
  const rotten = content.slice();
  rotten[9] = (rotten[9] ?? 0) ^ 1;
  writeFileSync(path, rotten);
  const again = source();
  await get(folder, again);
  assert.equal(again.asked.length, 3);
  assert.ok(readFileSync(path).equals(content));
});

test("a model is on the disk before it has its name, and its name before it is used", async (t) => {
  const folder = freshFolder();
  const handle = await open(folder, "r");
  const prototype = Object.getPrototypeOf(handle) as FileHandle;
  await handle.close();
  const sync: (this: FileHandle) => Promise<void> = Reflect.get(prototype, "sync");
  const synced: [number, boolean][] = [];
  const { model: path } = workFolder(folder).files(assignment());
  const watched = mock.method(prototype, "sync", async function (this: FileHandle) {
    synced.push([(await this.stat()).ino, existsSync(path)]);
    await sync.call(this);
  });
  t.after(() => {
    watched.mock.restore();
  });
  await get(folder, source());
  assert.deepEqual(synced, [
    [statSync(path).ino, false],
    [statSync(folder).ino, true],
  ]);
});

test("a download that broke goes on after the bytes that are here", async () => {
  const folder = freshFolder();
  await assert.rejects(get(folder, source(content, LIMITS.chunkBytes)), { code: "CONNECTION_LOST" });
  const rest = source();
  await get(folder, rest);
  assert.deepEqual(rest.asked, [LIMITS.chunkBytes, 2 * LIMITS.chunkBytes]);
  assert.ok(readFileSync(workFolder(folder).files(assignment()).model).equals(content));
});

test("a model with another checksum is thrown away, and fetched from the start next time", async () => {
  const folder = freshFolder();
  const wrong = content.slice();
  wrong[5] = (wrong[5] ?? 0) ^ 1;
  await assert.rejects(get(folder, source(wrong)), { code: "MODEL_DAMAGED" });
  const right = source();
  await get(folder, right);
  assert.equal(right.asked[0], 0);
});

test("more or fewer bytes than asked for are refused before they are written", async () => {
  const longer = { ...source(), readModel: () => Promise.resolve(new Uint8Array(LIMITS.chunkBytes + 1)) };
  const folder = freshFolder();
  await assert.rejects(get(folder, longer, assignment({ model: { sha256, bytes: 10 } })), {
    code: "COORDINATOR_ANSWER",
  });
  const shorter = { ...source(), readModel: () => Promise.resolve(new Uint8Array(5)) };
  await assert.rejects(get(folder, shorter), { code: "COORDINATOR_ANSWER" });
});

test("a model for which the disk has no room is refused before the first byte", async () => {
  const outbound = source();
  const huge = assignment({ model: { sha256, bytes: LIMITS.updateBytes * 1e6 } });
  await assert.rejects(get(freshFolder(), outbound, huge), { code: "SITE_DISK" });
  assert.deepEqual(outbound.asked, []);
});

test("only the files of the assignment in hand are kept", async () => {
  const folder = freshFolder();
  await get(folder, source());
  await get(folder, source(), assignment({ round: 2 }));
  assert.deepEqual(readdirSync(folder), [`r.2.train.${sha256.slice(0, 16)}.model.safetensors`]);
  workFolder(folder).discard(assignment({ round: 2 }));
  assert.deepEqual(readdirSync(folder), []);
});

test("a finished update is found again, unless it or its assignment is not whole any more", async () => {
  const folder = freshFolder();
  const work = workFolder(folder);
  const verify = (jws: string): Promise<VerifiedAssignment> =>
    jws === "jws" ? Promise.resolve(assignment()) : Promise.reject(siteError("ASSIGNMENT_INVALID", "forged"));
  const numbers = { cases: 1, voxels: {}, steps: 1, loss: 1, lastLoss: 1, evaluation: null, seconds: 1 };
  const path = work.files(assignment()).update;
  const update = { run: "r", round: 1, path, bytes: content.length, sha256, numbers };
  assert.equal(await work.restore(verify), undefined);
  writeFileSync(path, content);
  assert.equal(await work.restore(verify), undefined, "without its mark it is not finished");
  await work.finish(assignment(), update);
  assert.deepEqual(await work.restore(verify), { assignment: assignment(), update });
  assert.equal(workFolder(folder).wasBegun(assignment()), true);
  assert.equal(workFolder(folder).wasBegun(assignment({ round: 2 })), false);
  writeFileSync(path, content.slice(1));
  assert.equal(await work.restore(verify), undefined, "shorter");
  writeFileSync(
    path,
    content.map((byte) => byte ^ 1),
  );
  assert.equal(await work.restore(verify), undefined, "another checksum");
  writeFileSync(path, content);
  await work.finish(assignment({ jws: "forged" }), update);
  assert.equal(await work.restore(verify), undefined, "another coordinator's");
  writeFileSync(work.files(assignment()).sidecar, "{");
  assert.equal(await work.restore(verify), undefined, "a torn mark");
});
