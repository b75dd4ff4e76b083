import assert from "node:assert/strict";
import { test } from "node:test";
import { seededRandom } from "@fedace/ace-core/foundation";
import { fixture } from "./nifti/crafted.test.helper.js";
import { indexOfOrigin, type Grid, type Size3, type Spacing } from "./grid.js";
import { RECIPE_1, RECIPE_2 } from "./recipe.js";
import { resampleLinear, resampleNearest } from "./resample.js";
import { sampling } from "./sampling.js";
import { Volume } from "./volume.js";

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

test("by recipe 1, the target grid is that of nibabel's vox2out_vox, values those of scipy", async () => {
  for (const one of await fixture<Resampled>("resample.json")) {
    const grid = { size: one.size, affine: one.affine };
    const how = sampling(grid, one.spacing, RECIPE_1);
    const { target } = how;
    assert.deepEqual(target.size, one.targetSize);
    target.affine.forEach((value, at) => {
      assert.ok(Math.abs(value - (one.targetAffine[at] ?? NaN)) < 1e-9);
    });
    const linear = resampleLinear(new Volume(how.source, Float32Array.from(one.data)), how).data;
    assert.equal(linear.length, one.linear.length);
    linear.forEach((value, v) => {
      assert.ok(Math.abs(value - (one.linear[v] ?? NaN)) < 1e-4, `voxel ${v}: ${value} for ${one.linear[v] ?? NaN}`);
    });
    const labels = new Volume(how.source, Float32Array.from(one.labels));
    assert.deepEqual([...resampleNearest(labels, how).data], one.nearest);
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
    const how = sampling(grid, spacing, RECIPE_2);
    const { target } = how;
    const expected = ramp(target);
    const found = resampleLinear(new Volume(grid, ramp(grid)), how).data;
    // Beyond the first and last voxels their values go on.
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
  const volume = new Volume(
    grid,
    Float32Array.from({ length: 64 }, (_, v) => v),
  );
  for (const recipe of [RECIPE_1, RECIPE_2]) {
    const how = sampling(grid, [2, 2, 2], recipe);
    assert.deepEqual(
      how.axes.map(({ step, start, count }) => [step, start, count]),
      Array.from({ length: 3 }, () => [1, 0, 4]),
    );
    assert.equal(resampleLinear(volume, how).data, volume.data);
    assert.equal(resampleNearest(volume, how).data, volume.data);
    const other = { ...grid, affine: [2.003, 0, 0, 0, 0, 2, 0, 0, 0, 0, 2, 0] };
    assert.notEqual(sampling(other, [2, 2, 2], recipe).axes[0].step, 1);
  }
});

test("noise is averaged where voxels become coarser", () => {
  const grid: Grid = { size: [40, 40, 40], affine: [1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1, 0] };
  const random = seededRandom(1);
  const noise = new Volume(
    grid,
    Float32Array.from({ length: 40 ** 3 }, () => random.normal()),
  );
  const variance = (recipe: typeof RECIPE_1): number => {
    const coarse = resampleLinear(noise, sampling(grid, [2, 2, 2], recipe)).data;
    return coarse.reduce((sum, value) => sum + value ** 2, 0) / coarse.length;
  };
  // Weights 1/4, 1/2, 1/4 along each axis: (3/8)³ = .053; by recipe 1, 1/8, 3/4, 1/8: (38/64)³ = .209. A little more at the ends.
  const [now, before] = [variance(RECIPE_2), variance(RECIPE_1)];
  assert.ok(now > 0.048 && now < 0.065, `variance ${now}`);
  assert.ok(before > 0.19 && before < 0.25, `variance ${before}`);
});

/** An image that is a function of place alone, on a grid cropped by some voxels at each side. */
function cropped(whole: Grid, low: Size3, high: Size3): Volume {
  const size = whole.size.map((n, axis) => n - (low[axis] ?? 0) - (high[axis] ?? 0)) as unknown as Size3;
  const affine = whole.affine.map((value, at) =>
    at % 4 === 3
      ? value + [0, 1, 2].reduce((sum, axis) => sum + (whole.affine[at - 3 + axis] ?? 0) * (low[axis] ?? 0), 0)
      : value,
  );
  const grid = { size, affine };
  const data = new Float32Array(size[0] * size[1] * size[2]);
  for (let v = 0; v < data.length; v++) {
    const index = [v % size[0], Math.floor(v / size[0]) % size[1], Math.floor(v / (size[0] * size[1]))];
    const [i = 0, j = 0, k = 0] = index.map((n, axis) => n + (low[axis] ?? 0));
    data[v] = Math.sin(1.3 * i) * Math.cos(0.9 * j) + Math.sin(1.7 * k + 0.2 * i);
  }
  return new Volume(grid, data);
}

test("the same head gives the same voxels however the image around it is cropped", () => {
  // The world's origin between voxels, on one, and outside the image; a sheared header; spacings that do not divide.
  const wholes: readonly Grid[] = [
    { size: [24, 22, 20], affine: [1, 0, 0, -11.5, 0, 1, 0, -10.5, 0, 0, 1, -9.5] },
    { size: [24, 22, 20], affine: [0.9375, 0, 0, 0, 0, 0.9375, 0, 0, 0, 0, 1.2, 0] },
    { size: [24, 22, 20], affine: [0.9, 0.05, 0, 300, -0.05, 0.9, 0.02, -150.3, 0, -0.02, 1.1, 77.7] },
  ];
  for (const whole of wholes) {
    const all = cropped(whole, [0, 0, 0], [0, 0, 0]);
    const expected = resampleLinear(all, sampling(all.grid, [2, 2, 2], RECIPE_2));
    const nearest = resampleNearest(all, sampling(all.grid, [2, 2, 2], RECIPE_2));
    for (const [low, high] of [
      [
        [1, 0, 0],
        [0, 0, 0],
      ],
      [
        [0, 1, 1],
        [1, 0, 2],
      ],
      [
        [3, 2, 1],
        [1, 1, 1],
      ],
    ] as const) {
      // prettier-ignore
      const part = cropped(whole, low, high);
      const how = sampling(part.grid, [2, 2, 2], RECIPE_2);
      const found = resampleLinear(part, how);
      let compared = 0;
      eachInner(found.grid.size, (v, [i, j, k]) => {
        const there = indexAt(expected.grid, found.grid, [i, j, k]);
        assert.ok(Math.abs((expected.data[there] ?? NaN) - (found.data[v] ?? NaN)) < 1e-4);
        assert.equal(nearest.data[there], resampleNearest(part, how).data[v]);
        compared++;
      });
      assert.ok(compared > 150);
    }
  }
});

function eachInner([x, y, z]: Size3, visit: (voxel: number, index: Size3) => void): void {
  for (let k = 2; k < z - 2; k++) {
    for (let j = 2; j < y - 2; j++) for (let i = 2; i < x - 2; i++) visit(i + x * (j + y * k), [i, j, k]);
  }
}

/** The voxel of one grid that lies where a voxel of another, cropped from it, lies. */
function indexAt(grid: Grid, from: Grid, index: Size3): number {
  const origin = (at: Grid): Grid => ({ ...at, affine: at.affine.map((value, n) => (n % 4 === 3 ? value - placeOf(from, index, Math.floor(n / 4)) : value)) }); // prettier-ignore
  const found = indexOfOrigin(origin(grid).affine);
  found.forEach((position) => {
    assert.ok(Math.abs(position - Math.round(position)) < 1e-3, `a voxel lies at ${position}`);
  });
  const [i, j, k] = found.map(Math.round) as unknown as Size3;
  return i + grid.size[0] * (j + grid.size[1] * k);
}

function placeOf({ affine }: Grid, index: Size3, row: number): number {
  const at = (column: number): number => affine[4 * row + column] ?? 0;
  return at(0) * index[0] + at(1) * index[1] + at(2) * index[2] + at(3);
}
