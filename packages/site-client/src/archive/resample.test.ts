import assert from "node:assert/strict";
import { test } from "node:test";
import { seededRandom } from "@fedace/ace-core/foundation";
import { fixture } from "./nifti/crafted.test.helper.js";
import type { Grid, Size3 } from "./nifti/index.js";
import { resampleLinear, resampleNearest, resampledGrid, resampleSteps, type Spacing } from "./resample.js";

interface Resampled {
  readonly size: Size3;
  readonly affine: readonly number[];
  readonly spacing: Spacing;
  readonly data: readonly number[];
  readonly labels: readonly number[];
  readonly targetSize: Size3;
  readonly targetAffine: readonly number[];
  readonly linear: readonly number[];
  readonly nearest: readonly number[];
}

test("the target grid is that of nibabel's vox2out_vox, values those of scipy", async () => {
  for (const one of await fixture<Resampled>("resample.json")) {
    const grid = { size: one.size, affine: one.affine };
    const target = resampledGrid(grid, one.spacing);
    assert.deepEqual(target.size, one.targetSize);
    target.affine.forEach((value, at) => {
      assert.ok(Math.abs(value - (one.targetAffine[at] ?? NaN)) < 1e-9);
    });
    const linear = resampleLinear(Float32Array.from(one.data), grid, one.spacing);
    assert.equal(linear.length, one.linear.length);
    linear.forEach((value, v) => {
      assert.ok(Math.abs(value - (one.linear[v] ?? NaN)) < 1e-4, `voxel ${v}: ${value} for ${one.linear[v] ?? NaN}`);
    });
    assert.deepEqual([...resampleNearest(Float32Array.from(one.labels), grid, one.spacing)], one.nearest);
  }
});

test("a linear ramp stays the same function of place, finer or coarser", () => {
  const grid: Grid = { size: [21, 17, 13], affine: [1.5, 0, 0, -10, 0, 1, 0, 4, 0, 0, 3, 0] };
  const ramp = ({ size, affine }: Grid): Float32Array =>
    Float32Array.from({ length: size[0] * size[1] * size[2] }, (_, v) => {
      const index = [v % size[0], Math.floor(v / size[0]) % size[1], Math.floor(v / (size[0] * size[1]))] as const;
      const place = (axis: 0 | 1 | 2): number => (affine[5 * axis] ?? 0) * index[axis] + (affine[4 * axis + 3] ?? 0);
      return 2 * place(0) - 3 * place(1) + 0.5 * place(2) + 7;
    });
  for (const spacing of [
    [1, 1, 1],
    [2, 2, 2],
    [1.5, 2.5, 1],
  ] as const) {
    const target = resampledGrid(grid, spacing);
    const expected = ramp(target);
    const found = resampleLinear(ramp(grid), grid, spacing);
    // Beyond the last voxel its value goes on.
    const inner = (v: number): boolean =>
      [
        v % target.size[0],
        Math.floor(v / target.size[0]) % target.size[1],
        Math.floor(v / (target.size[0] * target.size[1])),
      ].every((index, axis) => index >= 2 && index < (target.size[axis] ?? 0) - 3);
    found.forEach((value, v) => {
      if (inner(v)) assert.ok(Math.abs(value - (expected[v] ?? NaN)) < 1e-3);
    });
  }
});

test("spacings that differ by less than a thousandth are left alone, by more are not", () => {
  const grid: Grid = { size: [4, 4, 4], affine: [2.0018, 0, 0, 0, 0, 2, 0, 0, 0, 0, 1.9982, 0] };
  const data = Float32Array.from({ length: 64 }, (_, v) => v);
  assert.deepEqual(resampleSteps(grid, [2, 2, 2]), [1, 1, 1]);
  assert.equal(resampleLinear(data, grid, [2, 2, 2]), data);
  assert.equal(resampleNearest(data, grid, [2, 2, 2]), data);
  assert.notEqual(resampleSteps({ ...grid, affine: [2.003, 0, 0, 0, 0, 2, 0, 0, 0, 0, 2, 0] }, [2, 2, 2])[0], 1);
});

test("noise is averaged where voxels become coarser", () => {
  const grid: Grid = { size: [40, 40, 40], affine: [1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1, 0] };
  const random = seededRandom(1);
  const noise = Float32Array.from({ length: 40 ** 3 }, () => random.normal());
  const coarse = resampleLinear(noise, grid, [2, 2, 2]);
  const variance = coarse.reduce((sum, value) => sum + value ** 2, 0) / coarse.length;
  // Weights 1/8, 3/4, 1/8 along each axis: a variance of (38/64)³ = .209, a little more at the ends.
  assert.ok(variance > 0.19 && variance < 0.25, `variance ${variance}`);
});
