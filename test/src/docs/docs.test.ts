import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { CORE_ERRORS } from "@fedace/ace-core/foundation";
import { COORDINATOR_ERRORS } from "@fedace/coordinator";
import { SITE_ERRORS } from "@fedace/site-client";
import { ROOT, sourceFiles } from "../architecture/source-graph.js";
import { generatedPages } from "./pages.js";

for (const [path, content] of Object.entries(generatedPages())) {
  test(`${path} says what the code says (npm run docs)`, () => {
    assert.equal(readFileSync(join(ROOT, path), "utf8"), content);
  });
}

test("every code of a catalogue is thrown somewhere, and no two packages share one", () => {
  const shipped = sourceFiles().filter((file) => !file.isTest && !/\/(errors|codes)\.ts$/.test(file.path));
  const text = shipped.map((file) => file.text).join("\n");
  const codes = [CORE_ERRORS, SITE_ERRORS, COORDINATOR_ERRORS].flatMap((catalogue) => Object.keys(catalogue));
  assert.deepEqual(
    codes.filter((code) => !text.includes(`"${code}"`)),
    [],
  );
  assert.equal(new Set(codes).size, codes.length);
});
