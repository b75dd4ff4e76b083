import assert from "node:assert/strict";
import { test } from "node:test";
import { casesWith } from "./cases.js";
import { LIMITS } from "./limits.js";
import { manifestSchema } from "./messages.js";

const base = { software: "s", labels: { kind: "tissue" }, engine: "e" } as const;
const unequal = {
  ...base,
  inputs: ["T1w", "FLAIR"],
  cases: 6,
  combinations: [
    { inputs: ["FLAIR", "T1w"], cases: 6 },
    { inputs: ["T1w"], cases: 2 },
    { inputs: ["T2w"], cases: 1 },
  ],
};

test("a plan finds the cases that have all of its images, whatever else they have", () => {
  const manifest = manifestSchema.parse(unequal);
  assert.equal(casesWith(manifest, ["T1w"]), 8);
  assert.equal(casesWith(manifest, ["T1w", "FLAIR"]), 6);
  assert.equal(casesWith(manifest, ["T2w"]), 1);
  assert.equal(casesWith(manifest, ["T1w", "T2w"]), 0);
});

test("a manifest that does not tell cases apart has them all with all of its images", () => {
  const manifest = manifestSchema.parse({ ...base, inputs: ["T1w", "FLAIR"], cases: 6 });
  assert.equal(casesWith(manifest, ["FLAIR"]), 6);
  assert.equal(casesWith(manifest, ["T2w"]), 0);
});

test("combinations are bounded in number and in cases, on either side", () => {
  const takes = (combinations: object): boolean => manifestSchema.safeParse({ ...unequal, combinations }).success;
  const some = (count: number, cases: number): object =>
    Array.from({ length: count }, (_, i) => ({ inputs: [`I${i}`], cases }));
  assert.ok(takes(some(LIMITS.combinations, 1)));
  assert.ok(!takes(some(LIMITS.combinations + 1, 1)));
  assert.ok(takes(some(2, LIMITS.cases / 2)));
  assert.ok(
    !takes([
      { inputs: ["T1w"], cases: LIMITS.cases },
      { inputs: ["T2w"], cases: 1 },
    ]),
    "together",
  );
  assert.ok(!takes([]));
  assert.ok(!takes([{ inputs: ["T1w"], cases: 0 }]));
});
