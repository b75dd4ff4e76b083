import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { unusedExports } from "./exports.js";
import { publicFiles } from "./public-files.js";
import { ROOT, sourceFiles } from "./source-graph.js";

const files = sourceFiles();

/** Public to the two programs only, so that what neither imports is no use to anybody. */
const OURS_ALONE = "packages/ace-core/src/host/index.ts";

test("every entry of a package is a file, and no package lets others in by a pattern", () => {
  const entries = publicFiles();
  assert.ok(entries.includes("packages/ace-core/src/protocol/index.ts"));
  assert.deepEqual(
    entries.filter((path) => !existsSync(join(ROOT, path))),
    [],
  );
});

test("what a file exports is imported by another, but for the names of a package's entries", () => {
  const exempt = new Set(publicFiles().filter((path) => path !== OURS_ALONE));
  const unused = unusedExports(files).filter(({ path }) => !exempt.has(path));
  assert.deepEqual(
    unused.map(({ path, name }) => `${path} exports ${name}`),
    [],
  );
});

test("the entries of ace-core export no value that nobody imports; a type may be there for a signature", () => {
  const core = new Set(publicFiles().filter((path) => path.startsWith("packages/ace-core/")));
  const unused = unusedExports(files).filter(({ path, typeOnly }) => core.has(path) && !typeOnly);
  assert.deepEqual(
    unused.map(({ path, name }) => `${path} exports ${name}`),
    [],
  );
});

test("a name counts as used by import, under another name, in a re-export and by import(), not by its own file", () => {
  const file = (path: string, text: string, ...targets: readonly string[]): (typeof files)[number] => ({
    path,
    project: "p",
    folder: "",
    text,
    isTest: false,
    imports: targets.map((target) => ({ specifier: `./${target}`, target, typeOnly: false })),
  });
  const sample = [
    file("a.ts", "export const one = 1, two = one; export function three() {} export type Four = 4;"),
    file("b.ts", 'import { one as eins, type Four } from "./a.ts"; export { three } from "./a.ts"; use(eins);', "a.ts"),
    file("c.ts", "export const { five, six: [seven] } = eight();"),
    file("d.ts", 'await import("./c.ts");', "c.ts"),
  ];
  assert.deepEqual(unusedExports(sample), [
    { path: "a.ts", name: "two", typeOnly: false },
    { path: "b.ts", name: "three", typeOnly: false },
  ]);
});
