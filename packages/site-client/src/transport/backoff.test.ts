import assert from "node:assert/strict";
import { test } from "node:test";
import { backoffMs, displacedMs, LONGEST_DELAY_MS } from "./backoff.js";

test("delays double to a minute and keep half of it at random", () => {
  const delays = Array.from({ length: 12 }, (_, i) => backoffMs(i + 1, { uniform: () => 1 }));
  assert.deepEqual(delays.slice(0, 8), [500, 1000, 2000, 4000, 8000, 16000, 32000, LONGEST_DELAY_MS]);
  assert.equal(delays[11], LONGEST_DELAY_MS);
  assert.equal(backoffMs(2000, { uniform: () => 0 }), LONGEST_DELAY_MS / 2);
});

test("whoever was pushed out by another client takes half a minute at first and ten minutes at last", () => {
  const delays = Array.from({ length: 7 }, (_, i) => displacedMs(i + 1, { uniform: () => 1 }) / 1000);
  assert.deepEqual(delays, [30, 60, 120, 240, 480, 600, 600]);
  assert.equal(displacedMs(1, { uniform: () => 0 }), 15_000);
});
