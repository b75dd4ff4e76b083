import assert from "node:assert/strict";
import { test } from "node:test";
import { parsePlan } from "./index.js";
import { recommend, RECOMMENDED } from "./recommended.js";

const least = { name: "a", classes: ["background", "x"], inputs: ["T1w"], spacing: [1, 1, 1] };

test("a plan that says nothing is the recommended one, and what was taken is told", () => {
  const { plan, taken } = recommend(least);
  const { rounds, training, aggregation } = parsePlan(plan);
  assert.equal(rounds, RECOMMENDED.rounds);
  assert.deepEqual({ ...training, ...RECOMMENDED.training }, training);
  assert.deepEqual({ ...aggregation, ...RECOMMENDED.aggregation }, aggregation);
  assert.ok(taken.includes("rounds: 10") && taken.includes("training.steps: 50"), taken.join());
  assert.ok(taken.includes("aggregation.average: { kind: ema, decay: 0.6 }"));
});

test("what a plan says stays, and drift correction is not taken beside what it is not derived for", () => {
  const written = { ...least, rounds: 3, training: { steps: 7, schedule: "constant" } };
  const { plan, taken } = recommend(written);
  const parsed = parsePlan(plan);
  assert.deepEqual([parsed.rounds, parsed.training.steps, parsed.training.schedule], [3, 7, "constant"]);
  assert.ok(!taken.some((line) => /rounds|steps|schedule/.test(line)));
  for (const changes of [
    { training: { optimizer: "adam" } },
    { aggregation: { head: "annotating" } },
    { aggregation: { strategy: "fedavgm" } },
  ])
    assert.equal(parsePlan(recommend({ ...least, ...changes }).plan).training.correction, "off");
});

test("a plan that trains nothing stays as it is, and so does what is no plan", () => {
  for (const value of [{ ...least, rounds: 0 }, "text", undefined, null, [1]])
    assert.deepEqual(recommend(value), { plan: value, taken: [] });
  const wrong = recommend({ ...least, training: "fast" });
  assert.throws(() => parsePlan(wrong.plan), { code: "PLAN_INVALID" });
});
