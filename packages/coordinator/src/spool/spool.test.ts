import assert from "node:assert/strict";
import { existsSync, readFileSync, readdirSync } from "node:fs";
import { join } from "node:path";
import test from "node:test";
import { temporaryFolder } from "../testing/coordinator.js";
import { Spool } from "./index.js";

const bytes = (text: string): Uint8Array => Buffer.from(text);

test("bytes are written behind those that are there, and nowhere else", async (t) => {
  const spool = new Spool(temporaryFolder(t));
  const id = { run: "r", round: 1, site: "a" };
  assert.equal(await spool.size(id), 0);
  assert.deepEqual(await spool.append(id, 0, bytes("abc")), { written: true, size: 3 });
  for (const offset of [0, 2, 4]) {
    assert.deepEqual(await spool.append(id, offset, bytes("x")), { written: false, size: 3 });
  }
  assert.deepEqual(await spool.append(id, 3, bytes("de")), { written: true, size: 5 });
  await spool.sync(id);
  assert.equal(readFileSync(spool.path(id), "utf8"), "abcde");
  await spool.remove(id);
  await spool.remove(id);
  assert.equal(await spool.size(id), 0);
});

test("a sweep keeps the open round of each run and nothing else", async (t) => {
  const root = temporaryFolder(t);
  const spool = new Spool(root);
  for (const run of ["one", "two"]) {
    for (const round of [1, 2]) await spool.append({ run, round, site: "a" }, 0, bytes("x"));
  }
  await spool.sweep(new Map([["one", 2]]));
  assert.deepEqual(readdirSync(root), ["one"]);
  assert.deepEqual(readdirSync(join(root, "one")), ["2"]);
  await spool.removeRound("one", 2);
  await spool.removeRound("one", 2);
  assert.equal(existsSync(join(root, "one", "2")), false);
});
