import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { test } from "node:test";
import type { Spacing } from "./grid.js";
import { nativeLabels } from "./native-labels.js";
import { RECIPE_1 } from "./recipe.js";
import { sampling } from "./sampling.js";
import { Volume } from "./volume.js";

interface Fixture {
  readonly size: readonly [number, number, number];
  readonly affine: readonly number[];
  readonly spacing: Spacing;
  readonly classes: number;
  readonly probabilitySize: readonly [number, number, number];
  readonly probabilities: readonly number[];
  readonly labels: readonly number[];
}

test("labels on an image's own grid are the argmax of scipy's linear interpolation, other axes and spacing and all", async () => {
  const url = new URL("../../fixtures/native-labels.json", import.meta.url);
  for (const one of JSON.parse(await readFile(url, "utf8")) as readonly Fixture[]) {
    const grid = { size: one.size, affine: one.affine };
    const probabilities = {
      data: Float32Array.from(one.probabilities),
      classes: one.classes,
      sampling: sampling(grid, one.spacing, RECIPE_1),
    };
    const everywhere = new Volume(grid, new Uint8Array(one.labels.length).fill(1));
    assert.deepEqual([...nativeLabels(probabilities, everywhere).data], one.labels);
    const brain = everywhere.with(everywhere.data.map((_, v) => v % 2));
    const inside = one.labels.map((label, v) => (v % 2 === 1 ? label : 0));
    assert.deepEqual([...nativeLabels(probabilities, brain).data], inside);
  }
});
