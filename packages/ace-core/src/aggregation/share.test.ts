import assert from "node:assert/strict";
import test from "node:test";
import { capShares, LARGEST_SHARE } from "./share.js";

const near = (actual: readonly number[], expected: readonly number[]): void => {
  assert.equal(actual.length, expected.length);
  for (const [k, value] of actual.entries()) assert.ok(Math.abs(value - (expected[k] ?? NaN)) < 1e-12, String(actual));
};

test("shares within the bound stay as they are, to the bit", () => {
  const shares = [8 / 14, 6 / 14];
  assert.deepEqual(capShares(shares), shares);
  assert.deepEqual(capShares([LARGEST_SHARE, 1 - LARGEST_SHARE]), [LARGEST_SHARE, 1 - LARGEST_SHARE]);
});

test("what is above the bound goes to the others in proportion", () => {
  near(capShares([0.9, 0.06, 0.04]), [0.8, 0.12, 0.08]);
  near(capShares([40 / 42, 2 / 42]), [0.8, 0.2]);
  near(capShares([1 - 3e-16, 1e-16, 2e-16]), [0.8, 0.2 / 3, 0.4 / 3]);
});

test("a bound that pushes others above it is held by them too; a lone site has everything", () => {
  near(capShares([0.6, 0.35, 0.05], 0.4), [0.4, 0.4, 0.2]);
  near(capShares([0.9, 0.1], 0.3), [0.5, 0.5]);
  near(capShares([1], 0.8), [1]);
  near(capShares([1, 0], 0.8), [1, 0]);
});
