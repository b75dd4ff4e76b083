import assert from "node:assert/strict";
import { test } from "node:test";
import { casesFor, casesWith, inputsAt } from "./cases.js";
import { channelsOf } from "./channels.js";
import { LIMITS } from "./limits.js";
import { manifestSchema } from "./messages.js";
import { parsePlan } from "./plan.js";

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

test("where images may be missing, a case with any of them counts, and the network has a channel that says so", () => {
  const manifest = manifestSchema.parse(unequal);
  const plan = (inputs: string[], dropInputs: number): ReturnType<typeof parsePlan> =>
    parsePlan({
      name: "p",
      classes: ["background", "x"],
      inputs,
      spacing: [1, 1, 1],
      rounds: 1,
      training: { dropInputs },
    });
  assert.equal(casesFor(manifest, plan(["T1w", "FLAIR"], 0)), 6);
  assert.equal(casesFor(manifest, plan(["T1w", "FLAIR"], 0.2)), 8);
  assert.equal(casesFor(manifest, plan(["PDw", "T2w"], 0.2)), 1);
  assert.deepEqual(inputsAt(manifest, plan(["PDw", "T2w", "T1w"], 0.2)), ["T2w", "T1w"]);
  assert.deepEqual(channelsOf(plan(["T1w", "FLAIR"], 0)), ["T1w", "FLAIR"]);
  assert.equal(channelsOf(plan(["T1w", "FLAIR"], 0.2)).length, 4);
  assert.throws(() => plan(["T1w"], 0.2), { code: "PLAN_INVALID" });
});
