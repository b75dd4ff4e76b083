import assert from "node:assert/strict";
import { test } from "node:test";
import { fixture } from "./nifti/crafted.test.helper.js";
import type { Size3 } from "./grid.js";
import { axisCodes, fromRas, rasGrid, toRas } from "./orientation.js";
import { Volume } from "./volume.js";

interface Oriented {
  readonly codes: string;
  readonly size: Size3;
  readonly affine: readonly number[];
  readonly rasSize: Size3;
  readonly rasAffine: readonly number[];
  readonly rasValues: readonly number[];
}

test("voxels go to RAS as by nibabel's as_closest_canonical: all 48 ways of axes, oblique and sheared ones; and back", async () => {
  const cases = await fixture<Oriented>("orientation.json");
  assert.equal(new Set(cases.map(({ codes }) => codes)).size, 48);
  for (const { codes, size, affine, rasSize, rasAffine, rasValues } of cases) {
    const grid = { size, affine };
    const data = Float32Array.from({ length: rasValues.length }, (_, v) => v);
    assert.equal(axisCodes(affine), codes);
    const ras = rasGrid(grid);
    assert.deepEqual(ras.size, rasSize, codes);
    ras.affine.forEach((value, at) => {
      assert.ok(Math.abs(value - (rasAffine[at] ?? NaN)) < 1e-9, `${codes}, affine ${at}`);
    });
    const moved = toRas(new Volume(grid, data));
    assert.deepEqual([...moved.data], rasValues, codes);
    assert.deepEqual(moved.grid, ras, codes);
    assert.deepEqual(fromRas(moved, grid).data, data, codes);
  }
});
