import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { connectedRegions } from "./regions.js";

/** From SciPy: fixtures/labels/generate.py. */
const fixture = JSON.parse(readFileSync(new URL("../../fixtures/labels/regions.json", import.meta.url), "utf8")) as {
  readonly size: readonly [number, number, number];
  readonly count: number;
  readonly labels: readonly number[];
}[];

test("connected regions are SciPy's, by faces, edges and corners", () => {
  for (const { size, count, labels } of fixture) {
    const regions = connectedRegions(size, (voxel) => labels[voxel] !== 0);
    assert.equal(regions.length, count);
    const mine = labels.map(() => 0);
    for (const [i, region] of regions.entries()) for (const voxel of region) mine[voxel] = i + 1;
    // SciPy numbers regions by their first voxel as well.
    assert.deepEqual(mine, labels);
  }
});

test("voxels at opposite ends of neighbouring rows do not touch", () => {
  // Row 0 ends with a voxel, row 1 begins with one: next to each other in memory alone.
  assert.equal(connectedRegions([1, 2, 4], (voxel) => voxel === 3 || voxel === 4).length, 2);
});
