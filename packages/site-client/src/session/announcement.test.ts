import assert from "node:assert/strict";
import { test } from "node:test";
import { casesFor, casesWith, LIMITS, parsePlan } from "@fedace/ace-core/protocol";
import type { AnnouncedCases, Plan } from "@fedace/ace-core/protocol";
import { announce, withCases, withFound } from "./announcement.js";

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

const needing = (inputs: string[], dropInputs = 0): Pick<Plan, "inputs" | "training"> => {
  const { training } = parsePlan({
    name: "p",
    classes: ["background", "x"],
    inputs,
    spacing: [1, 1, 1],
    rounds: 1,
    training: { dropInputs },
  });
  return { inputs, training };
};

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
  assert.equal(withCases(manifest, needing(["T1w"]), 3), manifest, "nothing new");
  const more = withCases(manifest, needing(["T1w"]), 5);
  assert.equal(casesWith(more, ["T1w"]), 5);
  assert.equal(casesWith(more, BOTH), 3);
  assert.equal(casesWith(withCases(more, needing(BOTH), 4), BOTH), 4);
  assert.equal(
    withCases(manifest, needing(["MuellerAnna"]), 5),
    manifest,
    "a suffix that no standard knows is not sent",
  );
});

test("where a plan's images may be missing, new cases are told of with those that the others have", () => {
  const manifest: AnnouncedCases = { inputs: ["T1w"], cases: 3 };
  const plan = needing(BOTH, 0.3);
  assert.equal(withCases(manifest, plan, 3), manifest, "nothing new");
  assert.deepEqual(withCases(manifest, plan, 5), { inputs: ["T1w"], cases: 5 });
});

test("however many come, a manifest stays within the protocol's bounds", () => {
  const full = { inputs: ["T1w"], cases: LIMITS.cases };
  assert.equal(withCases(full, needing(["FLAIR"]), 5), full);
  const suffixes = ["T1w", "T2w", "PDw", "FLAIR", "PD", "FLASH", "T1map", "T2map", "R1map", "R2map", "VFA", "MPM"];
  const combinations = [...suffixes, "MTS", "MTR", "UNIT1", "T1rho"].map((suffix) => ({ inputs: [suffix], cases: 2 }));
  assert.equal(combinations.length, LIMITS.combinations);
  const told = withCases({ inputs: ["T1w"], cases: 2, combinations }, needing(["angio"]), 1);
  assert.equal(told.combinations.length, LIMITS.combinations);
  assert.equal(casesWith(told, ["angio"]), 1);
});

test("cases that have gone since the manifest are not owned to any more, and told of again when they are back", () => {
  const alike: AnnouncedCases & { engine: string } = { inputs: BOTH, cases: 3, engine: "e" };
  const fewer = withFound(alike, needing(["T1w"]), 2);
  assert.deepEqual(fewer, { inputs: BOTH, cases: 2, engine: "e" });
  assert.equal(withFound(fewer, needing(["T1w"]), 2), fewer, "as it was told");
  assert.equal(casesWith(withFound(fewer, needing(["T1w"]), 3), ["T1w"]), 3);
  assert.equal(withFound(alike, needing(["T1w"]), 0).cases, 1, "an archive out of reach is asked for again");
  assert.equal(withFound(alike, needing(["MuellerAnna"]), 1), alike);
});

test("of cases that differ in their images those of a plan fall, to as many as it found, and no others", () => {
  const combinations = [
    { inputs: ["FLAIR", "T1w"], cases: 6 },
    { inputs: ["T1w"], cases: 2 },
    { inputs: ["T2w"], cases: 9 },
  ];
  const manifest: AnnouncedCases = { inputs: BOTH, cases: 6, combinations };
  const fewer = withFound(manifest, needing(["T1w"]), 1);
  assert.deepEqual([casesWith(fewer, ["T1w"]), fewer.cases, casesWith(fewer, ["T2w"])], [1, 0, 9]);
  const both = withFound(manifest, needing(BOTH), 4);
  assert.deepEqual([casesWith(both, BOTH), both.cases, casesWith(both, ["T1w"])], [4, 4, 6]);
  assert.equal(casesFor(withFound(manifest, needing(BOTH, 0.3), 5), needing(BOTH, 0.3)), 5);
});
