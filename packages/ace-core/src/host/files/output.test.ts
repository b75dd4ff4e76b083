import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { gzipSync } from "node:zlib";
import { encodeSafetensors, weightSet } from "../../tensors/index.js";
import { checkOutput, looksLikeNifti, looksLikeSafetensors, OutputRefused } from "./output.js";

const root = mkdtempSync(join(tmpdir(), "fedace-"));
after(() => {
  rmSync(root, { recursive: true, force: true });
});

const bundle = encodeSafetensors(weightSet([{ name: "a", shape: [1] }]));
const place = (name: string, content: Uint8Array | string): string => {
  const path = join(root, name);
  writeFileSync(path, content);
  return path;
};
const refused = (message: RegExp, forceable: boolean) => (error: unknown) =>
  error instanceof OutputRefused && message.test(error.message) && error.forceable === forceable;

test("a result goes to a new name, over a file of its own kind or an empty one; anything else only by force", async () => {
  const replaces = looksLikeSafetensors;
  await checkOutput(join(root, "new"), {});
  await checkOutput(place("bundle", bundle), { replaces });
  await checkOutput(place("empty", ""), { replaces });
  const thesis = place("thesis", "the work of years");
  await assert.rejects(
    checkOutput(thesis, { replaces }),
    refused(/thesis is there already, and is something else/, true),
  );
  await assert.rejects(checkOutput(place("bundle", bundle), {}), refused(/is there already$/, true));
  await assert.rejects(checkOutput(place("empty", ""), {}), refused(/is there already$/, true));
  await checkOutput(thesis, { replaces, force: true });
});

test("a link is not followed, and what is no file is never replaced", async () => {
  const replaces = looksLikeSafetensors;
  for (const target of [place("bundle", bundle), join(root, "nowhere")]) {
    const link = join(root, "link");
    rmSync(link, { force: true });
    symlinkSync(target, link);
    await assert.rejects(checkOutput(link, { replaces }), refused(/link is a link/, true));
    await checkOutput(link, { replaces, force: true });
  }
  mkdirSync(join(root, "folder"));
  await assert.rejects(checkOutput(join(root, "folder"), { force: true }), refused(/is a folder/, false));
  if (process.platform !== "win32")
    await assert.rejects(checkOutput("/dev/null", { replaces, force: true }), refused(/is no file/, false));
});

test("files are known by how they begin", () => {
  assert.ok(looksLikeSafetensors(bundle));
  for (const other of ["", "short", "eight by and more", "{\u0000\u0000\u0000\u0000\u0000\u0000\u0000["])
    assert.ok(!looksLikeSafetensors(Buffer.from(other)), other);
  const little = Buffer.alloc(348);
  little.writeInt32LE(348);
  const big = Buffer.alloc(540);
  big.writeInt32BE(540);
  for (const image of [little, big, gzipSync(little), gzipSync(big).subarray(0, 20)]) assert.ok(looksLikeNifti(image));
  for (const other of [Buffer.from("abcd"), Buffer.alloc(3), gzipSync("text"), Buffer.from([0x1f, 0x8b, 9, 9])])
    assert.ok(!looksLikeNifti(other));
});
