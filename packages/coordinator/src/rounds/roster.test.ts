import assert from "node:assert/strict";
import { test } from "node:test";
import { parsePlan } from "@fedace/ace-core/protocol";
import type { Manifest, Plan } from "@fedace/ace-core/protocol";
import { roster } from "./roster.js";
import type { Standing } from "./roster.js";

const planOf = (...inputs: string[]): Plan =>
  parsePlan({ name: "p", classes: ["background", "CSF", "GM", "WM"], inputs, spacing: [2, 2, 2], rounds: 1 });

/** A site of which most cases have a T1w and a FLAIR image. */
const manifest: Manifest = {
  software: "s",
  labels: { kind: "tissue" },
  inputs: ["T1w", "FLAIR"],
  cases: 6,
  combinations: [
    { inputs: ["FLAIR", "T1w"], cases: 6 },
    { inputs: ["T1w"], cases: 2 },
    { inputs: ["T2w"], cases: 1 },
  ],
  engine: "e",
};

function standingOf(words: Manifest, ...inputs: string[]): Standing | undefined {
  return roster([{ name: "one", connectedAt: 1, manifest: words }], planOf(...inputs))[0]?.standing;
}

function casesOf(words: Manifest, ...inputs: string[]): number | string | undefined {
  const standing = standingOf(words, ...inputs);
  return standing?.kind === "eligible"
    ? standing.cases
    : standing?.kind === "ineligible"
      ? standing.problem.message
      : "";
}

test("a site of unequal images has in each run the cases that the plan's inputs find", () => {
  assert.equal(casesOf(manifest, "T1w"), 8);
  assert.equal(casesOf(manifest, "FLAIR", "T1w"), 6);
  assert.equal(casesOf(manifest, "T2w"), 1);
  assert.equal(casesOf(manifest, "T1w", "T2w"), "none of its cases has T1w and T2w");
  assert.equal(casesOf(manifest, "T1w", "PDw"), "its cases have no PDw");
});

test("a site that does not tell its cases apart has them all, or none", () => {
  const { software, labels, inputs, cases, engine } = manifest;
  const alike = { software, labels, inputs, cases, engine };
  assert.equal(casesOf(alike, "T1w"), 6);
  assert.equal(casesOf(alike, "T2w"), "its cases have no T2w");
  assert.equal(casesOf({ ...alike, cases: 0 }, "T1w"), "it has no usable case");
});
