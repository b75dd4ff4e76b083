import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { MAX_YAML_BYTES, readYaml } from "./yaml.js";

const root = mkdtempSync(join(tmpdir(), "fedace-"));
after(() => {
  rmSync(root, { recursive: true, force: true });
});

const fault = (kind: string) => (message: string) => new Error(`${kind}: ${message}`);
const read = (path: string): Promise<unknown> =>
  readYaml(path, "The plan", { unreadable: fault("unreadable"), malformed: fault("malformed") });
const written = (text: string): string => {
  const path = join(root, "plan.yaml");
  writeFileSync(path, text);
  return path;
};

test("YAML of plain data is read, JSON too", async () => {
  assert.deepEqual(await read(written("a: 1\nb: [x, y]\n")), { a: 1, b: ["x", "y"] });
  assert.deepEqual(await read(written('{"a": {"b": 2}}')), { a: { b: 2 } });
});

test("repeated keys, aliases, several documents and broken text are refused", async () => {
  for (const text of ["a: 1\na: 2\n", "a: &x [1]\nb: *x\n", "a: 1\n---\nb: 2\n", "{", "a: [1"])
    await assert.rejects(read(written(text)), /^Error: malformed: The plan /, text);
});

test("a file that is not there or too large is refused, at its size exactly and without being held", async () => {
  await assert.rejects(read(join(root, "none")), /^Error: unreadable: The plan .*ENOENT/);
  await assert.rejects(read(root), /^Error: unreadable: The plan /);
  assert.equal(await read(written("# ".padEnd(MAX_YAML_BYTES))), null);
  await assert.rejects(read(written("# ".padEnd(MAX_YAML_BYTES + 1))), /^Error: malformed: .*more than 262144 bytes/);
  if (process.platform !== "win32") await assert.rejects(read("/dev/zero"), /more than 262144 bytes/);
});
