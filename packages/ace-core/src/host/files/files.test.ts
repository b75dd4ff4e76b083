import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync, statSync, symlinkSync } from "node:fs";
import { truncateSync, writeFileSync } from "node:fs";
import { open } from "node:fs/promises";
import type { FileHandle } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, mock, test } from "node:test";
import type { TestContext } from "node:test";
import { encodeHeader, encodeSafetensors, weightSet } from "../../tensors/index.js";
import { beginDraft, isDraft, writeDurably } from "./durable.js";
import { makeFolder } from "./folders.js";
import { fileDigest, FileTooLarge, readText } from "./reading.js";
import { openValues, readWeights } from "./values.js";

const root = mkdtempSync(join(tmpdir(), "fedace-"));
after(() => {
  rmSync(root, { recursive: true, force: true });
});
let made = 0;
function freshFolder(): string {
  const folder = join(root, `f${(made += 1)}`);
  mkdirSync(folder);
  return folder;
}
const sha256 = (text: string): string => createHash("sha256").update(text).digest("hex");

/** The class of open files, whose methods a test may watch. */
async function handles(): Promise<FileHandle> {
  const file = await open(root, "r");
  const prototype = Object.getPrototypeOf(file) as FileHandle;
  await file.close();
  return prototype;
}

/** What is forced to the disk, in order: for each sync the inode. */
async function watchSyncs(t: TestContext): Promise<number[]> {
  const synced: number[] = [];
  const prototype = await handles();
  const sync: (this: FileHandle) => Promise<void> = Reflect.get(prototype, "sync");
  const watched = mock.method(prototype, "sync", async function (this: FileHandle) {
    synced.push((await this.stat()).ino);
    await sync.call(this);
  });
  t.after(() => {
    watched.mock.restore();
  });
  return synced;
}

test("a file is forced to the disk before its name is, and the name before it is said to be there", async (t) => {
  const folder = freshFolder();
  const synced = await watchSyncs(t);
  const path = join(folder, "a.txt");
  assert.deepEqual(await writeDurably(path, "hello"), { sha256: sha256("hello"), bytes: 5 });
  assert.deepEqual(synced, [statSync(path).ino, statSync(folder).ino]);
  assert.equal(statSync(path).mode & 0o777, 0o600);
  assert.deepEqual(readdirSync(folder), ["a.txt"]);
});

test("folders that had to be made are durable in the ones above, from the innermost to the first that was there", async (t) => {
  const folder = freshFolder();
  const synced = await watchSyncs(t);
  const inner = join(folder, "a", "b");
  await makeFolder(inner);
  assert.deepEqual(synced, [statSync(join(folder, "a")).ino, statSync(folder).ino]);
  assert.equal(statSync(inner).mode & 0o777, 0o700);
  synced.length = 0;
  await makeFolder(inner);
  assert.deepEqual(synced, [], "what was there is left alone");
  const draft = await beginDraft(folder, "x");
  await draft.append(new Uint8Array(3));
  const place = join(folder, "shard", "x");
  await draft.commit(place);
  const ino = (path: string): number => statSync(path).ino;
  assert.deepEqual(synced, [ino(place), ino(folder), ino(join(folder, "shard")), ino(folder)]);
});

test("a system that takes fewer bytes than it is given is given the rest", async (t) => {
  const prototype = await handles();
  const write = Reflect.get(prototype, "write") as (...args: unknown[]) => Promise<unknown>;
  const short = mock.method(
    prototype,
    "write",
    function (this: FileHandle, bytes: Uint8Array, at: number, length: number) {
      return write.call(this, bytes, at, Math.min(length, 3));
    },
  );
  t.after(() => {
    short.mock.restore();
  });
  const path = join(freshFolder(), "a.txt");
  await writeDurably(path, "0123456789");
  assert.equal(readFileSync(path, "utf8"), "0123456789");
  assert.equal(short.mock.callCount(), 4);
});

test("what fails leaves the file that was there and nothing besides; a link is replaced, not followed", async () => {
  const folder = freshFolder();
  const path = join(folder, "a.txt");
  await writeDurably(path, "before");
  async function* failing(): AsyncGenerator<Uint8Array> {
    yield new Uint8Array(10);
    await Promise.reject(new Error("lost"));
  }
  await assert.rejects(writeDurably(path, failing()), /lost/);
  assert.deepEqual(readdirSync(folder), ["a.txt"]);
  assert.equal(readFileSync(path, "utf8"), "before");
  symlinkSync(path, join(folder, "link"));
  await writeDurably(join(folder, "link"), "after");
  assert.deepEqual([readFileSync(path, "utf8"), readFileSync(join(folder, "link"), "utf8")], ["before", "after"]);
  const draft = await beginDraft(folder, "draft");
  assert.ok(readdirSync(folder).some(isDraft));
  await draft.discard();
  assert.ok(!readdirSync(folder).some(isDraft));
  await assert.rejects(draft.append(new Uint8Array(1)), /closed/);
});

test("a text is read up to its bound, and a digest is that of the bytes", async () => {
  const path = join(freshFolder(), "a.txt");
  writeFileSync(path, "abc");
  assert.equal(await readText(path, 3), "abc");
  await assert.rejects(readText(path, 2), FileTooLarge);
  // FIPS 180-2, appendix B.1
  assert.equal(await fileDigest(path), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
});

const weights = weightSet([{ name: "a", shape: [2, 3] }], Float32Array.of(1, 2, 3, 4, 5, 6));

test("weights are read whole or in parts", async () => {
  const path = join(freshFolder(), "w.safetensors");
  writeFileSync(path, encodeSafetensors(weights, { note: "x" }));
  assert.deepEqual(await readWeights(path), { weights, metadata: { note: "x" } });
  const values = await openValues(path);
  assert.deepEqual(await values.read(2, 3), Float32Array.of(3, 4, 5));
  await assert.rejects(values.read(4, 3), RangeError);
  await values.close();
  truncateSync(path, statSync(path).size - 1);
  await assert.rejects(readWeights(path), { code: "WEIGHTS_MALFORMED" });
});

test("weights above 2 GiB are read, in parts that the system can give, which readFileSync refuses", async (t) => {
  const path = join(freshFolder(), "large.safetensors");
  const count = 2 ** 29 + 2;
  const header = encodeHeader([{ name: "a", shape: [count] }], {});
  writeFileSync(path, header);
  // A sparse file: zeros that take no room, and one value at the very end.
  const file = await open(path, "r+");
  await file.write(new Uint8Array(Float32Array.of(7).buffer), 0, 4, header.length + 4 * (count - 1));
  await file.close();
  assert.throws(() => readFileSync(path), { code: "ERR_FS_FILE_TOO_LARGE" });
  const prototype = await handles();
  const read = Reflect.get(prototype, "read") as (...args: unknown[]) => Promise<unknown>;
  let largest = 0;
  // The zeros are there already: untouched, the buffer takes no memory.
  const sparse = mock.method(
    prototype,
    "read",
    function (this: FileHandle, bytes: Uint8Array, at: number, length: number, position: number) {
      largest = Math.max(largest, length);
      const zeros = position >= header.length && position + length < header.length + 4 * (count - 1);
      return zeros ? { bytesRead: length } : read.call(this, bytes, at, length, position);
    },
  );
  t.after(() => {
    sparse.mock.restore();
  });
  const { data } = (await readWeights(path)).weights;
  assert.deepEqual([data.length, data[0], data[count - 1]], [count, 0, 7]);
  assert.equal(largest, 64 * 2 ** 20);
});
