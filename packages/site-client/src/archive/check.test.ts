import assert from "node:assert/strict";
import { mkdir, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";
import { SMALL_GRID, smallImage, smallLabels, writeCase, writeVolume } from "./archive.test.helper.js";
import { checkArchive } from "./check.js";
import { coded, inFolder } from "./nifti/crafted.test.helper.js";
import { renderCheck } from "./render-check.js";

test("without a plan, the images that most cases have are expected, and the fitting preset is named", async () => {
  await inFolder(async (dir) => {
    for (const name of ["sub-01", "sub-02", "sub-03"]) await writeCase(dir, name, [0, 1]);
    await rm(join(dir, "sub-02/anat/sub-02_FLAIR.nii.gz"));
    await writeVolume(dir, "sub-03/anat/sub-03_T2w.nii.gz", smallImage(3));
    const report = await checkArchive(dir);
    assert.deepEqual(report.inputs, ["T1w", "FLAIR"]);
    assert.deepEqual(
      report.usable.map(({ name }) => name),
      ["sub-01", "sub-03"],
    );
    assert.deepEqual(
      report.skipped.map(({ name, code }) => [name, code]),
      [["sub-02", "CASE_MODALITY_MISSING"]],
    );
    assert.deepEqual(report.labelMap, { fits: "lesion" });
    assert.deepEqual(report.labels, [{ value: 1, cases: 2, voxels: 90, millilitres: 0.72 }]);
    assert.equal(report.memory, 2 * 120 * 9);
  });
});

test("of lesions, check says how small the regions are that a plan may leave out", async () => {
  await inFolder(async (dir) => {
    await writeCase(dir, "sub-01", [0, 1]);
    // 120 voxels of .008 mL: one region of 100 of them, one of 8 with two values, one of 1.
    const labels = new Float32Array(120);
    const grid = { size: [12, 10, 1] as const, affine: [2, 0, 0, 0, 0, 2, 0, 0, 0, 0, 2, 0] };
    for (let y = 0; y < 10; y++) {
      for (let x = 0; x < 8; x++) labels[12 * y + x] = 1;
      if (y < 4) labels.set([1, 2], 12 * y + 9);
    }
    labels[12 * 6 + 10] = 1;
    const image = Float32Array.from(labels, (_, v) => (v % 7) + 1);
    for (const suffix of ["T1w", "FLAIR"]) await writeVolume(dir, `sub-01/anat/sub-01_${suffix}.nii.gz`, image, grid);
    await writeVolume(dir, "derivatives/labels/sub-01/anat/sub-01_dseg.nii.gz", labels, grid);
    const values = { 0: "rest", 1: ["core"], 2: ["oedema"] } as const;
    const { labels: totals } = await checkArchive(dir, { labels: { values } });
    const sizes = totals.map(({ value, smallestRegion = 0 }) => [value, Number(smallestRegion.toFixed(3))]);
    // Of value 1, 85 voxels: 1 in the stray one is more than 1 %. Of 2, all 4 lie in the region of 8.
    assert.deepEqual(sizes, [[1, 0.008], [2, 0.064]]); // prettier-ignore
    labels[12 * 6 + 10] = 0;
    await writeVolume(dir, "derivatives/labels/sub-01/anat/sub-01_dseg.nii.gz", labels, grid);
    const without = await checkArchive(dir, { labels: { values } });
    assert.equal(without.labels[0]?.smallestRegion?.toFixed(3), "0.064");
    const tissue = await checkArchive(dir, { labels: { kind: "tissue" } });
    assert.ok(tissue.labels.every((label) => !("smallestRegion" in label)));
  });
});

test("sizes, spacings, axes and label volumes are those of the files", async () => {
  await inFolder(async (dir) => {
    await writeCase(dir, "sub-01");
    const grid = { size: SMALL_GRID.size, affine: [-1, 0, 0, 5, 0, 0, 5, 0, 0, 1.5, 0, 0] };
    await writeVolume(
      dir,
      "sub-01/anat/sub-01_T1w.nii.gz",
      smallImage(1)
        .map(Math.abs)
        .map((v) => v + 1),
      grid,
    );
    await writeVolume(dir, "sub-01/anat/sub-01_FLAIR.nii.gz", smallImage(2), grid);
    await writeVolume(dir, "derivatives/labels/sub-01/anat/sub-01_dseg.nii.gz", smallLabels([0, 2, 3]), grid);
    await writeFile(join(dir, "derivatives/labels/dseg.tsv"), "index\tname\n2\tGM\n3\tWM\n");
    const { usable, labelMap } = await checkArchive(dir, { spacing: [1, 1, 1] });
    const [one] = usable;
    assert.ok(one !== undefined);
    assert.deepEqual([one.size, one.spacing, one.orientation], [[6, 5, 4], [1, 1.5, 5], "LSA"]);
    const labels = one.labels.map((label) => ({ ...label, millilitres: Number(label.millilitres.toFixed(6)) }));
    assert.deepEqual(labels, [
      { value: 2, name: "GM", voxels: 30, millilitres: 0.225 },
      { value: 3, name: "WM", voxels: 30, millilitres: 0.225 },
    ]);
    assert.equal(one.brain, "whole image");
    assert.match(one.warnings.join("; "), /whole image counts as brain.*slices of 5\.0 mm/);
    assert.deepEqual(labelMap, { fits: "tissue" });
  });
});

test("a label map that is given is held against every case; one that no preset fits gets a beginning", async () => {
  await inFolder(async (dir) => {
    await writeCase(dir, "sub-01", [0, 1, 2, 3, 4]);
    await mkdir(join(dir, "derivatives/labels"), { recursive: true });
    await writeFile(join(dir, "derivatives/labels/dseg.tsv"), "index\tname\n1\tCSF\n4\tL\n");
    const open = await checkArchive(dir);
    assert.equal(
      open.labelMap.suggestion,
      'values:\n  "0": rest\n  "1": [CSF]\n  "2": [CLASS]\n  "3": [CLASS]\n  "4": [L]',
    );
    const wrong = await checkArchive(dir, { labels: { kind: "tissue" } });
    assert.deepEqual(wrong.usable, []);
    assert.deepEqual(
      wrong.skipped.map(({ code }) => code),
      ["LABEL_VALUE_UNMAPPED"],
    );
    const values = { 0: "rest", 1: ["CSF"], 2: ["GM"], 3: ["WM"], 4: ["lesion"] } as const;
    const right = await checkArchive(dir, { labels: { values } });
    assert.equal(right.usable.length, 1);
    assert.match(renderCheck(right), /the given map fits/);
    await assert.rejects(checkArchive(dir, { labels: { values: { 0: "rest" } } }), coded("LABEL_MAP_CONTRADICTION"));
  });
});

test("an empty folder is a report, a missing one an error", async () => {
  await inFolder(async (dir) => {
    const report = await checkArchive(dir);
    assert.deepEqual([report.usable, report.skipped], [[], []]);
    assert.match(renderCheck(report), /no cases/);
    await assert.rejects(checkArchive(join(dir, "none")), coded("ARCHIVE_NOT_FOUND"));
  });
});

test("the text begins with how many cases can be used and ends with what keeps the others out and what to do", async () => {
  await inFolder(async (dir) => {
    for (const name of ["sub-01", "sub-02"]) await writeCase(dir, name);
    await writeFile(join(dir, "sub-02/anat/sub-02_T1w.nii.gz"), "not an image at all");
    const text = renderCheck({ ...(await checkArchive(dir)), archive: "ARCHIVE" });
    assert.equal(
      text,
      `ARCHIVE: 1 of 2 cases can be used (T1w and FLAIR, labels).

Cases
  case    voxels     mm         axes  brain     labels, mL
  sub-01  6 × 5 × 4  2 × 2 × 2  RAS   non-zero  1: 0.36

Labels
  value  name  cases  voxels    mL
      1            1      45  0.36

Memory
  about 1 MiB for all cases at 2 × 2 × 2 mm

Worth knowing
  sub-01: the image is only 8 mm across (6 × 5 × 4 voxels): a part of a head

Cannot be used: 1 of 2
  sub-02  NIFTI_NOT_NIFTI
    sub-02/anat/sub-02_T1w.nii.gz does not begin with a NIfTI header
    → Convert the image to NIfTI (.nii or .nii.gz).

Label map
  --kind lesion fits.
`,
    );
  });
});

test("a reason that several cases have is said once, with all their names", async () => {
  await inFolder(async (dir) => {
    for (const name of ["sub-01", "sub-02", "sub-03"]) await writeCase(dir, name, [0, 9]);
    const text = renderCheck(await checkArchive(dir, { labels: { kind: "lesion" } }));
    assert.match(text, /Cannot be used: 3 of 3\n {2}sub-01, sub-02, sub-03 {2}LABEL_VALUE_UNMAPPED\n/);
    assert.equal(text.match(/LABEL_VALUE_UNMAPPED/g)?.length, 1);
    assert.equal(text.match(/→/g)?.length, 1);
    assert.match(text, /sub-01_dseg\.nii\.gz: the label image holds 9 .*; the others likewise\n/);
  });
});

test("a label map that knows every value but means something else is doubted", async () => {
  await inFolder(async (dir) => {
    await writeCase(dir, "sub-01", [0, 1]);
    await writeFile(join(dir, "derivatives/labels/dseg.tsv"), "index\tname\n1\tL\n");
    const { labelMap } = await checkArchive(dir, { labels: { kind: "tissue" } });
    assert.deepEqual(labelMap.doubts, [
      `the archive's dseg.tsv calls 1 "L", the label map CSF`,
      "no case has 2 (GM), 3 (WM)",
    ]);
    const text = renderCheck(await checkArchive(dir, { labels: { kind: "tissue" } }));
    assert.match(text, /may be the wrong one\. Did you mean --kind lesion\?/);
    assert.equal((await checkArchive(dir, { labels: { kind: "lesion" } })).labelMap.doubts, undefined);
  });
});
