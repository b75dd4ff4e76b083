import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { squaredDistances } from "./distance.js";
import { diceTable, hd95, IGNORE, METRIC_NAMES, masksOf, METRICS, volumeMl } from "./index.js";
import type { Size, SpacingMm } from "./index.js";

/** Made by SciPy, see generate.py beside it. */
const fixture = JSON.parse(readFileSync(new URL("../../fixtures/metrics/metrics.json", import.meta.url), "utf8")) as {
  size: Size;
  spacing: SpacingMm;
  truth: string;
  prediction: string;
  squared: number[];
  hd95: number;
  dice: number;
  volume: number;
}[];
const mask = (text: string): Uint8Array => Uint8Array.from(text, Number);
const near = (a: number | null | undefined, b: number): boolean => Math.abs((a ?? NaN) - b) <= 1e-6 * Math.max(1, b);

for (const { size, spacing, ...item } of fixture) {
  const [prediction, truth] = [mask(item.prediction), mask(item.truth)];
  const pair = { prediction, truth, size, spacing };

  test(`Dice, HD95 and volume of ${size.join("×")} voxels of ${spacing.join("×")} mm are SciPy's`, () => {
    assert.ok(near(diceTable(prediction, truth, 2)[1], item.dice));
    assert.ok(near(hd95(pair), item.hd95), `${hd95(pair) ?? NaN} instead of ${item.hd95}`);
    assert.equal(hd95({ ...pair, prediction: truth, truth: prediction }), hd95(pair));
    assert.ok(near(volumeMl(truth, 1, spacing), item.volume));
  });

  test(`squared distances of ${size.join("×")} voxels of ${spacing.join("×")} mm are SciPy's in every voxel`, () => {
    for (const [i, value] of squaredDistances(truth, size, spacing).entries()) {
      assert.ok(near(value, item.squared[i] ?? NaN), `voxel ${i}: ${value} instead of ${item.squared[i] ?? NaN}`);
    }
  });
}

test("Dice, HD95 and volume difference are MedPy's", () => {
  // See generate-medpy.py.
  const theirs = JSON.parse(
    readFileSync(new URL("../../fixtures/metrics/medpy.json", import.meta.url), "utf8"),
  ) as Readonly<Record<"dice" | "hd95" | "volumeDifference", number>>[];
  assert.equal(theirs.length, fixture.length);
  for (const [i, { size, spacing, ...item }] of fixture.entries()) {
    // Without every third voxel: the fixture's masks have the same number of voxels.
    const prediction = mask(item.prediction).map((value, k) => (k % 3 === 0 ? 0 : value));
    const masks = { prediction, truth: mask(item.truth), size, spacing };
    for (const [name, value] of Object.entries(theirs[i] ?? {})) {
      const mine = METRICS[name as keyof (typeof theirs)[number]].measure(masks);
      assert.ok(Math.abs((mine ?? NaN) - value) < 1e-6, `${name}: ${mine ?? NaN} instead of ${value}`);
    }
  }
});

test("two single voxels are as far apart as in space", () => {
  const [prediction, truth] = [new Uint8Array(24), new Uint8Array(24)];
  prediction[0] = 1;
  truth[23] = 1;
  const pair = { prediction, truth, size: [2, 3, 4] as const, spacing: [5, 2, 0.5] as const };
  assert.ok(near(hd95(pair), Math.hypot(5, 2 * 2, 3 * 0.5)));
  assert.equal(hd95({ ...pair, truth: prediction }), 0);
});

test("a few voxels far away are beyond the 95th percentile, ranks between two voxels are interpolated", () => {
  const size = [1, 1, 200] as const;
  const truth = new Uint8Array(200);
  truth[0] = 1;
  const prediction = Uint8Array.from(truth);
  prediction[100] = 1;
  // Distances 0 and 100: NumPy's 95th percentile of two values is .95 of the way.
  assert.ok(near(hd95({ prediction, truth, size, spacing: [1, 1, 1] }), 95));
});

test("HD95 of two empty masks is not defined, of one it is the volume's diagonal", () => {
  const [empty, full] = [new Uint8Array(24), new Uint8Array(24).fill(1)];
  const grid = { size: [2, 3, 4] as const, spacing: [1, 2, 3] as const };
  assert.equal(hd95({ prediction: empty, truth: empty, ...grid }), null);
  assert.ok(near(hd95({ prediction: empty, truth: full, ...grid }), Math.hypot(2, 6, 12)));
  assert.ok(near(hd95({ prediction: full, truth: empty, ...grid }), Math.hypot(2, 6, 12)));
  assert.throws(() => hd95({ prediction: new Uint8Array(3), truth: empty, ...grid }), RangeError);
});

test("Dice of a class in neither volume is not defined, in one of them it is 0", () => {
  assert.deepEqual(diceTable([0, 0, 1, 2], [0, 0, 1, 1], 4), [1, 2 / 3, 0, null]);
  assert.deepEqual(diceTable([], [], 2), [null, null]);
  assert.throws(() => diceTable([0], [0, 1], 2), RangeError);
});

test("voxels to ignore count for no class, an unnamed truth counts against what was predicted there", () => {
  assert.deepEqual(diceTable([1, 1, 1], [1, IGNORE, IGNORE], 2), [null, 1]);
  assert.deepEqual(diceTable([1, 1, 0], [1, 254, 254], 2), [0, 2 / 3]);
});

test("volumes are in mL, and their difference has a sign and is in percent of the truth", () => {
  const [a, b] = [new Uint8Array(1000).fill(1), new Uint8Array(1000).fill(1, 0, 400)];
  assert.equal(volumeMl(a, 1, [1, 1, 1]), 1);
  assert.ok(near(volumeMl(b, 1, [2, 2, 2]), 3.2));
  const grid = { size: [10, 10, 10] as const, spacing: [1, 1, 1] as const };
  assert.equal(METRICS.volumeDifference.measure({ prediction: b, truth: a, ...grid }), -60);
  assert.equal(METRICS.volumeDifference.measure({ prediction: a, truth: b, ...grid }), 150);
  assert.equal(METRICS.volumeDifference.measure({ prediction: a, truth: new Uint8Array(1000), ...grid }), null);
});

test("a false volume is what is predicted, in mL, and counts as a false case above 1 mL", () => {
  const grid = { size: [1, 1, 3000] as const, truth: new Uint8Array(3000), spacing: [1, 1, 1] as const };
  const of = (voxels: number): (number | null)[] => {
    const masks = { ...grid, prediction: new Uint8Array(3000).fill(1, 0, voxels) };
    return [METRICS.falseVolume.measure(masks), METRICS.falseVolumeShare.measure(masks)];
  };
  assert.deepEqual([0, 1000, 1001].map(of), [
    [0, 0],
    [1, 0],
    [1.001, 1],
  ]);
});

test("the masks of a class leave out voxels to ignore", () => {
  const grid = { size: [1, 1, 4] as const, spacing: [1, 1, 1] as const };
  const labels = { prediction: Uint8Array.of(2, 2, 1, 0), truth: Uint8Array.of(2, IGNORE, 2, 0), ...grid };
  const { prediction, truth } = masksOf(labels, 2);
  assert.deepEqual(
    [[...prediction], [...truth]],
    [
      [1, 0, 0, 0],
      [1, 0, 1, 0],
    ],
  );
});

test("every metric of the fixtures lies within its own bounds", () => {
  for (const { size, spacing, ...item } of fixture) {
    const masks = { prediction: mask(item.prediction), truth: mask(item.truth), size, spacing };
    for (const name of METRIC_NAMES) {
      const { measure, least, most } = METRICS[name];
      const value = measure(masks) ?? NaN;
      assert.ok(value >= least && value <= most, `${name}: ${value}`);
    }
  }
});
