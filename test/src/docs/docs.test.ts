import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { CORE_ERRORS } from "@fedace/ace-core/foundation";
import type { ErrorCatalogue } from "@fedace/ace-core/foundation";
import { COORDINATOR_ERRORS } from "@fedace/coordinator";
import { SITE_ERRORS } from "@fedace/site-client";
import { ROOT, sourceFiles } from "../architecture/source-graph.js";
import { generatedPages } from "./pages.js";

for (const [path, content] of Object.entries(generatedPages())) {
  test(`${path} says what the code says (npm run docs)`, () => {
    assert.equal(readFileSync(join(ROOT, path), "utf8"), content);
  });
}

const catalogues: readonly ErrorCatalogue[] = [CORE_ERRORS, SITE_ERRORS, COORDINATOR_ERRORS];

test("every code of a catalogue is used somewhere", () => {
  const shipped = sourceFiles().filter((file) => !file.isTest && !/errors?\.ts$|\/codes\.ts$/.test(file.path));
  const bins = ["packages/site-client/bin/fedace-site.js", "packages/coordinator/bin/fedace-coordinator.js"];
  const programs = bins.map((path) => readFileSync(join(ROOT, path), "utf8"));
  const text = [...shipped.map((file) => file.text), ...programs].join("\n");
  const codes = catalogues.flatMap((catalogue) => Object.keys(catalogue));
  assert.deepEqual(
    codes.filter((code) => !text.includes(`"${code}"`)),
    [],
  );
});

test("a code that two packages have ends both commands with the same exit code", () => {
  const exits = new Map<string, string>();
  for (const [code, { exit }] of catalogues.flatMap((catalogue) => Object.entries(catalogue))) {
    assert.equal(exits.get(code) ?? exit, exit, code);
    exits.set(code, exit);
  }
});
