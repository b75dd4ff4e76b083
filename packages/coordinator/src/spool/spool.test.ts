import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readFileSync, readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import test from "node:test";
import { temporaryFolder } from "../testing/coordinator.js";
import { Spool } from "./index.js";

const bytes = (text: string): Uint8Array => Buffer.from(text);
const sha = (text: string): string => createHash("sha256").update(text).digest("hex");
const id = { run: "r", round: 1, site: "a" };
const never = new AbortController().signal;

test("bytes are written behind those that are there, and nowhere else", async (t) => {
  const spool = new Spool(temporaryFolder(t));
  assert.equal(await spool.append(id, 0, bytes("abc")), undefined, "no folder is made by a chunk");
  assert.equal(await spool.begin(id, sha("abcde"), 5, false), 0);
  assert.deepEqual(await spool.append(id, 7, bytes("x")), { written: false, size: 0 });
  assert.deepEqual(await spool.append(id, 0, bytes("abc")), { written: true, size: 3 });
  for (const offset of [0, 2, 4]) {
    assert.deepEqual(await spool.append(id, offset, bytes("x")), { written: false, size: 3 });
  }
  assert.equal(await spool.begin(id, sha("abcde"), 5, true), 3, "the same upload goes on");
  assert.equal(await spool.seal(id, sha("abcde"), 5), 3, "an incomplete one is not sealed");
  assert.deepEqual(await spool.append(id, 3, bytes("de")), { written: true, size: 5 });
  assert.equal(await spool.seal(id, sha("abcde"), 5), 5);
  assert.equal(readFileSync(spool.path(id, sha("abcde")), "utf8"), "abcde");
});

test("a sealed upload is never written to again, and a repeated seal or begin finds it", async (t) => {
  const spool = new Spool(temporaryFolder(t));
  await spool.begin(id, sha("abc"), 3, false);
  await spool.append(id, 0, bytes("abc"));
  await spool.seal(id, sha("abc"), 3);
  await spool.append(id, 0, bytes("xyz"));
  assert.equal(readFileSync(spool.path(id, sha("abc")), "utf8"), "abc");
  assert.equal(await spool.begin(id, sha("abc"), 3, true), 3);
  assert.equal(await spool.seal(id, sha("abc"), 3), 3);
  assert.equal(await spool.begin(id, sha("other"), 5, false), 0);
  assert.equal(existsSync(spool.path(id, sha("abc"))), false, "another upload takes its place");
});

test("the same digest with another length starts over", async (t) => {
  const spool = new Spool(temporaryFolder(t));
  await spool.begin(id, sha("abc"), 3, false);
  await spool.append(id, 0, bytes("ab"));
  assert.equal(await spool.begin(id, sha("abc"), 9, false), 0);
  assert.deepEqual(await spool.append(id, 0, bytes("x")), { written: true, size: 1 });
});

test("a counted upload that is missing or has changed is found", async (t) => {
  const spool = new Spool(temporaryFolder(t));
  const sites = ["a", "b", "c"];
  for (const site of sites) {
    await spool.begin({ ...id, site }, sha(site), 1, false);
    await spool.append({ ...id, site }, 0, bytes(site));
    await spool.seal({ ...id, site }, sha(site), 1);
  }
  const counted = sites.map((site) => ({ site, sha256: sha(site) }));
  assert.deepEqual(await spool.lost("r", 1, counted, never), []);
  writeFileSync(spool.path({ ...id, site: "b" }, sha("b")), "x");
  await spool.remove({ ...id, site: "c" }, sha("c"));
  assert.deepEqual(await spool.lost("r", 1, counted, never), ["b", "c"]);
});

test("only the open round of a run is kept; strays are nobody's business", async (t) => {
  const root = temporaryFolder(t);
  const spool = new Spool(root);
  for (const run of ["one", "two"]) {
    for (const round of [1, 2]) await spool.begin({ run, round, site: "a" }, sha("x"), 1, false);
  }
  writeFileSync(join(root, ".DS_Store"), "");
  assert.deepEqual((await spool.runs()).sort(), ["one", "two"]);
  await spool.keepOnly("one", 2);
  await spool.keepOnly("two", undefined);
  await spool.keepOnly("three", 1);
  assert.deepEqual(readdirSync(root), [".DS_Store", "one"]);
  assert.deepEqual(readdirSync(join(root, "one")), ["2"]);
});

test("files that 0.1.0 left in an open round are taken over", async (t) => {
  const root = temporaryFolder(t);
  const spool = new Spool(root);
  mkdirSync(join(root, "r", "1"), { recursive: true });
  writeFileSync(join(root, "r", "1", "a.safetensors"), "abc");
  writeFileSync(join(root, "r", "1", "b.safetensors"), "de");
  await spool.adopt("r", 1, new Map([["a", sha("abc")]]));
  assert.deepEqual(await spool.lost("r", 1, [{ site: "a", sha256: sha("abc") }], never), []);
  assert.equal(await spool.begin({ ...id, site: "b" }, sha("def"), 3, true), 2);
});
