import assert from "node:assert/strict";
import { copyFile, mkdir, readFile, rename, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";
import { SMALL_GRID, smallImage, smallLabels, writeCase, writeVolume } from "./archive.test.helper.js";
import { loadArchive, openArchive } from "./cases.js";
import { coded, inFolder } from "./nifti/crafted.test.helper.js";
import { encodeNifti } from "./nifti/index.js";
import { preparedSampling } from "./prepare.js";
import { voxelCount } from "./grid.js";
import { OPTIONS, skippedCodes } from "./cases.test.helper.js";

test("each kind of bad case is left out under its own code, and the good one is used", async () => {
  await inFolder(async (dir) => {
    const names = [
      "1 no FLAIR", "2 no labels", "3 two T1w", "4 grid", "5 affine", "6 value", "7 fraction", "8 blank", "9 NaN",
      "a truncated", "b text", "c pair", "d no anat", "e two labels", "f 4-D", "g empty mask",
    ].map((name) => `sub-${name}`); // prettier-ignore
    for (const name of names) await writeCase(dir, name);
    const path = (name: string, suffix: string): string => `sub-${name}/anat/sub-${name}_${suffix}.nii.gz`;
    const labels = (name: string): string => `derivatives/labels/${path(name, "dseg")}`;

    await rm(join(dir, path("1 no FLAIR", "FLAIR")));
    await rm(join(dir, "derivatives/labels/sub-2 no labels"), { recursive: true });
    await copyFile(join(dir, path("3 two T1w", "T1w")), join(dir, path("3 two T1w", "run-2_T1w")));
    const cropped = { ...SMALL_GRID, size: [6, 5, 3] as const };
    await writeVolume(dir, path("4 grid", "FLAIR"), smallImage(2).subarray(0, 90), cropped);
    const shifted = SMALL_GRID.affine.map((value, at) => (at === 3 ? value + 0.5 : value));
    await writeVolume(dir, labels("5 affine"), smallLabels([0, 1]), { ...SMALL_GRID, affine: shifted });
    await writeVolume(dir, labels("6 value"), smallLabels([0, 1, 7]));
    await writeVolume(dir, labels("7 fraction"), smallLabels([0, 0.5]));
    await writeVolume(dir, path("8 blank", "FLAIR"), smallImage(2).fill(3));
    await writeVolume(dir, path("9 NaN", "T1w"), smallImage(1).fill(NaN, 44, 45));
    const whole = await readFile(join(dir, path("a truncated", "T1w")));
    await writeFile(join(dir, path("a truncated", "T1w")), whole.subarray(0, whole.length - 20));
    await writeFile(join(dir, path("b text", "T1w")), "this is a letter, not a scan ".repeat(20));
    await rename(join(dir, path("c pair", "T1w")), join(dir, "sub-c pair/anat/sub-c pair_T1w.img"));
    await rm(join(dir, "sub-d no anat/anat"), { recursive: true });
    await mkdir(join(dir, "derivatives/other/sub-e two labels/anat"), { recursive: true });
    await copyFile(join(dir, labels("e two labels")), join(dir, "derivatives/other", path("e two labels", "dseg")));
    await writeFourDimensional(join(dir, path("f 4-D", "FLAIR")));
    const empty = "derivatives/bet/sub-g empty mask/anat/sub-g empty mask_desc-brain_mask.nii.gz";
    await writeVolume(dir, empty, smallImage(1).fill(0));

    assert.deepEqual(await skippedCodes(dir), {
      "sub-1 no FLAIR": "CASE_MODALITY_MISSING",
      "sub-2 no labels": "CASE_LABELS_MISSING",
      "sub-3 two T1w": "CASE_AMBIGUOUS",
      "sub-4 grid": "CASE_GRID_MISMATCH",
      "sub-5 affine": "CASE_GRID_MISMATCH",
      "sub-6 value": "LABEL_VALUE_UNMAPPED",
      "sub-7 fraction": "CASE_LABEL_FRACTIONAL",
      "sub-8 blank": "CASE_BLANK",
      "sub-9 NaN": "NIFTI_NON_FINITE",
      "sub-a truncated": "NIFTI_TRUNCATED",
      "sub-b text": "NIFTI_NOT_NIFTI",
      "sub-c pair": "NIFTI_PAIR",
      "sub-d no anat": "CASE_MODALITY_MISSING",
      "sub-e two labels": "CASE_AMBIGUOUS",
      "sub-f 4-D": "NIFTI_DIMENSIONS",
      "sub-g empty mask": "CASE_BLANK",
    });
  });
});

async function writeFourDimensional(path: string): Promise<void> {
  const bytes = encodeNifti({ grid: SMALL_GRID, data: smallImage(1), type: "float32" });
  const header = new DataView(bytes.buffer);
  header.setInt16(40, 4, true);
  header.setInt16(48, 3, true);
  await writeFile(path, bytes);
}

test("reasons name the file, so that one knows where to look", async () => {
  await inFolder(async (dir) => {
    await writeCase(dir, "sub-01");
    await writeCase(dir, "sub-02", [0, 9]);
    const { skipped } = await loadArchive(dir, OPTIONS);
    const [one] = skipped;
    assert.equal(skipped.length, 1);
    assert.equal(one?.number, 2);
    assert.match(one.reason, /derivatives\/labels\/sub-02\/anat\/sub-02_dseg\.nii\.gz.*9 \(45 voxels\)/);
  });
});

test("corners may differ by a tenth of a voxel and no more", async () => {
  await inFolder(async (dir) => {
    for (const [name, shift] of [
      ["sub-near", 0.19],
      ["sub-far", 0.21],
    ] as const) {
      await writeCase(dir, name);
      const affine = SMALL_GRID.affine.map((value, at) => (at === 7 ? value + shift : value));
      await writeVolume(dir, `${name}/anat/${name}_FLAIR.nii.gz`, smallImage(2), { ...SMALL_GRID, affine });
    }
    const { cases, skipped } = await openArchive(dir, OPTIONS);
    assert.deepEqual(
      cases.map(({ name }) => name),
      ["sub-near"],
    );
    assert.match(skipped[0]?.reason ?? "", /up to 0\.210 mm beside/);

    // What was accepted is read voxel by voxel onto the first image's grid: nothing is moved by the hair, or lost.
    await rm(join(dir, "sub-far"), { recursive: true });
    const near = await loadArchive(dir, OPTIONS);
    await writeVolume(dir, "sub-near/anat/sub-near_FLAIR.nii.gz", smallImage(2));
    const same = await loadArchive(dir, OPTIONS);
    assert.deepEqual(near.cases[0]?.image, same.cases[0]?.image);
    assert.deepEqual(near.cases[0]?.labels, same.cases[0]?.labels);
    assert.ok((near.cases[0]?.image.length ?? 0) > 0);
  });
});

test("thick slices at a fine spacing are refused before memory is taken", () => {
  const grid = { size: [500, 500, 11] as const, affine: [0.5, 0, 0, 0, 0, 0.5, 0, 0, 0, 0, 10, 0] };
  const volumes = (spacing: number): number => voxelCount(preparedSampling(grid, [0.5, 0.5, spacing], "sub-01").target);
  assert.equal(volumes(0.2), 500 * 500 * 501);
  assert.throws(() => volumes(0.186), coded("CASE_TOO_LARGE", /500 × 500 × 539 voxels at 0\.5 × 0\.5 × 0\.186 mm/));
});
