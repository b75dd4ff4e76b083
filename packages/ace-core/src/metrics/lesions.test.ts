import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { METRICS } from "./index.js";
import type { Size } from "./index.js";

/** From SciPy, held against scikit-image and MedPy there: fixtures/metrics/generate-lesions.py. */
const fixture = JSON.parse(readFileSync(new URL("../../fixtures/metrics/lesions.json", import.meta.url), "utf8")) as {
  size: Size;
  truth: string;
  prediction: string;
  recall: number | null;
  precision: number | null;
  f1: number | null;
}[];

function measured(prediction: Uint8Array, truth: Uint8Array, size: Size): (number | null)[] {
  const masks = { prediction, truth, size, spacing: [1, 1, 1] as const };
  const { lesionRecall, lesionPrecision, lesionF1 } = METRICS;
  return [lesionRecall, lesionPrecision, lesionF1].map(({ measure }) => measure(masks));
}

/** Of masks drawn as planes of rows. */
function drawn(truth: readonly (readonly string[])[], prediction: readonly (readonly string[])[]): (number | null)[] {
  const mask = (planes: readonly (readonly string[])[]): Uint8Array =>
    Uint8Array.from(planes.flat().join("").split(""), (sign) => (sign === "#" ? 1 : 0));
  const size = [truth.length, truth[0]?.length ?? 0, truth[0]?.[0]?.length ?? 0] as const;
  return measured(mask(prediction), mask(truth), size);
}

test("recall, precision and F1 by connected region are SciPy's", () => {
  for (const { size, recall, precision, f1, ...masks } of fixture) {
    const [mine, theirs] = [masks.prediction, masks.truth].map((text) => Uint8Array.from(text, Number));
    assert.ok(mine && theirs);
    for (const [i, value] of measured(mine, theirs, size).entries()) {
      const expected = [recall, precision, f1][i] ?? null;
      if (value === null || expected === null) assert.equal(value, expected);
      else assert.ok(Math.abs(value - expected) < 1e-12, `${value} instead of ${expected}`);
    }
  }
});

test("by hand: two of three lesions are found, one of two pieces is true; one voxel is enough", () => {
  // The large piece touches the left and the middle lesion, by a voxel each.
  const truth = [["##..#..#", "##..#..#"]];
  const prediction = [[".####...", "......#."]];
  // The single voxel lies beside the right lesion, in none of its voxels: that one is not found, and the piece is false.
  const [recall, precision, f1] = drawn(truth, prediction);
  assert.deepEqual([recall, precision], [2 / 3, 1 / 2]);
  assert.ok(Math.abs((f1 ?? 0) - 4 / 7) < 1e-12);
});

test("by hand: voxels that touch by a corner are one lesion, across planes as well", () => {
  const corner = [
    ["#..", "...", "..."],
    ["...", ".#.", "..."],
    ["...", "...", "..#"],
  ];
  const tip = [
    ["...", "...", "..."],
    ["...", "...", "..."],
    ["...", "...", "..#"],
  ];
  assert.deepEqual(drawn(corner, tip), [1, 1, 1]);
  // One voxel further they are two.
  assert.deepEqual(drawn([["#..#"]], [["#..."]]), [1 / 2, 1, 2 / 3]);
});

test("by hand: pieces of one lesion are all true, and it is found once", () => {
  assert.deepEqual(drawn([["#######"]], [["#.#.#.#"]]), [1, 1, 1]);
  assert.deepEqual(drawn([["#.#.#.#"]], [["#######"]]), [1, 1, 1]);
});

test("empty masks: recall asks for lesions, precision for predicted ones, F1 for either", () => {
  const [some, none] = [[["#.."]], [["..."]]];
  assert.deepEqual(drawn(none, none), [null, null, null]);
  assert.deepEqual(drawn(some, none), [0, null, 0]);
  assert.deepEqual(drawn(none, some), [null, 0, 0]);
  assert.deepEqual(drawn(some, [["..#"]]), [0, 0, 0]);
  assert.throws(() => measured(new Uint8Array(3), new Uint8Array(4), [1, 1, 4]), RangeError);
});
