import assert from "node:assert/strict";
import { test } from "node:test";
import { labelSpace, resolveLabelMap } from "@fedace/ace-core/labels";
import { writeVolume } from "./archive.test.helper.js";
import { loadArchive } from "./cases.js";
import type { Grid } from "./grid.js";
import { inFolder } from "./nifti/crafted.test.helper.js";
import { RECIPE_2 } from "./recipe.js";
import { sampling } from "./sampling.js";
import { Volume } from "./volume.js";

const SIZE = [15, 6, 5] as const;
const SPACING = [2, 2, 2] as const;
const labelMap = resolveLabelMap({ kind: "lesion" }, labelSpace(["background", "CSF", "GM", "WM", "lesion"]));

/** 15 voxels of `mm` along R; at 1.0001 the last one lies .0014 mm beside its place at 1. */
const gridOf = (mm: number): Grid => ({ size: SIZE, affine: [mm, 0, 0, -3, 0, 1, 0, 0, 0, 0, 1, 0] });

/** A lesion in a corner that no mirror or shift would leave where it is. */
const labels = Float32Array.from({ length: 15 * 6 * 5 }, (_, v) => {
  const [i, j, k] = [v % 15, Math.floor(v / 15) % 6, Math.floor(v / 90)];
  return i > 9 && j < 2 + k && k > 1 ? 1 : 0;
});
const image = Float32Array.from(labels, (_, v) => 100 + (v % 7));

test("labels whose header says 1.0001 mm where the image's says 1 mm are read with the image's strides", async () => {
  const [fine, coarse] = [1, 1.0001].map((mm) => sampling(gridOf(mm), SPACING, RECIPE_2).target.size);
  assert.deepEqual(
    [fine, coarse],
    [
      [8, 3, 3],
      [9, 3, 3],
    ],
    "on grids of their own their sizes would differ by one",
  );
  await inFolder(async (dir) => {
    for (const [name, mm] of [
      ["sub-same", 1],
      ["sub-near", 1.0001],
    ] as const) {
      await writeVolume(dir, `${name}/anat/${name}_T1w.nii.gz`, image, gridOf(1));
      await writeVolume(dir, `derivatives/labels/${name}/anat/${name}_dseg.nii.gz`, labels, gridOf(mm));
    }
    const { cases, skipped } = await loadArchive(dir, { inputs: ["T1w"], spacing: SPACING, labelMap });
    assert.deepEqual(skipped, []);
    const [near, same] = cases;
    assert.ok(near !== undefined && same !== undefined);
    assert.deepEqual(near.size, [3, 3, 8]);
    assert.equal(near.labels.length, 3 * 3 * 8);
    assert.deepEqual(near.labels, same.labels);
    assert.ok(same.labels.includes(1));
  });
});

test("a volume has exactly one value for each voxel of its grid, whatever it is made from", () => {
  const grid = gridOf(1);
  assert.equal(new Volume(grid, labels).data, labels);
  for (const length of [449, 451]) assert.throws(() => new Volume(grid, new Float32Array(length)), RangeError);
});
