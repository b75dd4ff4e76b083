import assert from "node:assert/strict";
import { test } from "node:test";
import { casesWith, LIMITS } from "@fedace/ace-core/protocol";
import { announce, withCases } from "./announcement.js";

const BOTH = ["T1w", "FLAIR"];

test("an archive whose cases are alike says only how many there are, of what", () => {
  const found = { inputs: BOTH, cases: 3, combinations: [{ inputs: ["FLAIR", "T1w"], cases: 3 }] };
  assert.deepEqual(announce(found, false), { inputs: BOTH, cases: 3 });
});

test("cases that differ in their images are told apart, by suffixes that a standard knows", () => {
  const combinations = [
    { inputs: ["FLAIR", "T1w"], cases: 6 },
    { inputs: ["MuellerAnna", "T1w"], cases: 1 },
    { inputs: ["T1w"], cases: 1 },
    { inputs: ["MuellerAnna"], cases: 1 },
  ];
  assert.deepEqual(announce({ inputs: BOTH, cases: 6, combinations }, false), {
    inputs: BOTH,
    cases: 6,
    combinations: [
      { inputs: ["FLAIR", "T1w"], cases: 6 },
      { inputs: ["T1w"], cases: 2 },
    ],
  });
});

test("where most cases have nothing in common, the commonest images are the site's", () => {
  const combinations = [
    { inputs: ["T1w"], cases: 2 },
    { inputs: ["FLAIR"], cases: 2 },
  ];
  const found = { inputs: [], cases: 0, combinations };
  assert.deepEqual(announce(found, false), { inputs: ["T1w"], cases: 2, combinations });
  assert.equal(announce({ ...found, inputs: BOTH }, true).cases, 0, "somebody asked for both");
  assert.deepEqual(announce({ inputs: [], cases: 0, combinations: [] }, false), { inputs: [], cases: 0 });
});

test("cases that came since the manifest are owned to, for the images that they were used with", () => {
  const manifest = { inputs: BOTH, cases: 3 };
  assert.equal(withCases(manifest, ["T1w"], 3), manifest, "nothing new");
  const more = withCases(manifest, ["T1w"], 5);
  assert.equal(casesWith(more, ["T1w"]), 5);
  assert.equal(casesWith(more, BOTH), 3);
  assert.equal(casesWith(withCases(more, BOTH, 4), BOTH), 4);
  assert.equal(withCases(manifest, ["MuellerAnna"], 5), manifest, "a suffix that no standard knows is not sent");
});

test("however many come, a manifest stays within the protocol's bounds", () => {
  const full = { inputs: ["T1w"], cases: LIMITS.cases };
  assert.equal(withCases(full, ["FLAIR"], 5), full);
  const suffixes = ["T1w", "T2w", "PDw", "FLAIR", "PD", "FLASH", "T1map", "T2map", "R1map", "R2map", "VFA", "MPM"];
  const combinations = [...suffixes, "MTS", "MTR", "UNIT1", "T1rho"].map((suffix) => ({ inputs: [suffix], cases: 2 }));
  assert.equal(combinations.length, LIMITS.combinations);
  const told = withCases({ inputs: ["T1w"], cases: 2, combinations }, ["angio"], 1);
  assert.equal(told.combinations.length, LIMITS.combinations);
  assert.equal(casesWith(told, ["angio"]), 1);
});
