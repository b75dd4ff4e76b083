import assert from "node:assert/strict";
import { test } from "node:test";
import { backoffMs, LONGEST_DELAY_MS } from "./backoff.js";

test("delays double to a minute and keep half of it at random", () => {
  const delays = Array.from({ length: 12 }, (_, i) => backoffMs(i + 1, { uniform: () => 1 }));
  assert.deepEqual(delays.slice(0, 8), [500, 1000, 2000, 4000, 8000, 16000, 32000, LONGEST_DELAY_MS]);
  assert.equal(delays[11], LONGEST_DELAY_MS);
  assert.equal(backoffMs(2000, { uniform: () => 0 }), LONGEST_DELAY_MS / 2);
});
