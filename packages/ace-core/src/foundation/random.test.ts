import assert from "node:assert/strict";
import { test } from "node:test";
import { seededRandom } from "./random.js";

test("two generators of one seed agree, of two seeds do not", () => {
  const draw = (seed: number): number[] => {
    const random = seededRandom(seed);
    return Array.from({ length: 8 }, () => random.uniform());
  };
  assert.deepEqual(draw(7), draw(7));
  assert.notDeepEqual(draw(7), draw(8));
});

test("uniform has mean 1/2 and variance 1/12, normal has mean 0 and variance 1", () => {
  const random = seededRandom(1);
  const n = 200_000;
  const moments = (next: () => number): [number, number] => {
    let sum = 0;
    let squares = 0;
    for (let i = 0; i < n; i++) {
      const value = next();
      sum += value;
      squares += value * value;
    }
    return [sum / n, squares / n - (sum / n) ** 2];
  };
  const [uniformMean, uniformVariance] = moments(() => random.uniform());
  const [normalMean, normalVariance] = moments(() => random.normal());
  // Five standard errors of each estimate.
  assert.ok(Math.abs(uniformMean - 0.5) < 5 * Math.sqrt(1 / 12 / n));
  assert.ok(Math.abs(uniformVariance - 1 / 12) < 5 * Math.sqrt(1 / 180 / n));
  assert.ok(Math.abs(normalMean) < 5 / Math.sqrt(n));
  assert.ok(Math.abs(normalVariance - 1) < 5 * Math.sqrt(2 / n));
});

test("forks are independent of how far their parent has run, and differ by label", () => {
  const early = seededRandom(3).fork("site-a", 1).uniform();
  const parent = seededRandom(3);
  parent.uniform();
  assert.equal(parent.fork("site-a", 1).uniform(), early);
  assert.notEqual(seededRandom(3).fork("site-a", 2).uniform(), early);
  assert.notEqual(seededRandom(3).fork("site-b", 1).uniform(), early);
});

test("integer covers its range and nothing else", () => {
  const random = seededRandom(5);
  const seen = new Set(Array.from({ length: 500 }, () => random.integer(7)));
  assert.deepEqual([...seen].sort(), [0, 1, 2, 3, 4, 5, 6]);
});
