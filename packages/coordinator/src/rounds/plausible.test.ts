import assert from "node:assert/strict";
import test from "node:test";
import { largestChange, OF_MODEL, OF_PAST } from "./plausible.js";

test("without a past the scale of the network decides", () => {
  assert.equal(largestChange(30, []), 30 * OF_MODEL);
  assert.equal(largestChange(30, [0, 0]), 30 * OF_MODEL, "rounds without a step say nothing");
});

test("the rounds before decide by their lower median, and never beyond the network's scale", () => {
  assert.equal(largestChange(30, [1, 2, 3]), 2 * OF_PAST);
  assert.equal(largestChange(30, [1, 3]), OF_PAST, "one of two sites cannot widen it");
  assert.equal(largestChange(30, [1, 1, 1, 1e9, 1e9]), OF_PAST, "nor two of five");
  assert.equal(largestChange(30, [50, 50]), 30 * OF_MODEL);
});
