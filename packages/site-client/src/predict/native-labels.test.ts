import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { test } from "node:test";
import { Volume, type Spacing } from "../archive/index.js";
import { RECIPE_1 } from "../archive/recipe.js";
import { sampling } from "../archive/sampling.js";
import { nativeLabels } from "./native-labels.js";
import { classVolumes, labelTable } from "./volumes.js";

interface Fixture {
  readonly size: readonly [number, number, number];
  readonly affine: readonly number[];
  readonly spacing: Spacing;
  readonly classes: number;
  readonly probabilitySize: readonly [number, number, number];
  readonly probabilities: readonly number[];
  readonly labels: readonly number[];
}

const GRID = { size: [2, 3, 1] as const, affine: [0, -2, 0, 0, 1.5, 0, 0, 0, 0, 0, 4, 0] };

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

test("volumes are voxels times the determinant of the affine, in millilitres", () => {
  const volumes = classVolumes(new Volume(GRID, Uint8Array.from([0, 1, 1, 2, 1, 0])), [
    "background",
    "CSF",
    "GM",
    "WM",
  ]);
  assert.deepEqual(
    volumes.map(({ label, name, voxels, millilitres }) => [label, name, voxels, Number(millilitres.toFixed(9))]),
    [
      [1, "CSF", 3, 0.036],
      [2, "GM", 1, 0.012],
      [3, "WM", 0, 0],
    ],
  );
  assert.equal(
    labelTable(volumes),
    "index\tname\tvoxels\tvolume_ml\n1\tCSF\t3\t0.036\n2\tGM\t1\t0.012\n3\tWM\t0\t0.000\n",
  );
});
