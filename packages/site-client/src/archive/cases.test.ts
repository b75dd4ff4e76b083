import assert from "node:assert/strict";
import { copyFile, mkdir, readFile, rename, rm, symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";
import { labelSpace, resolveLabelMap } from "@fedace/ace-core/labels";
import { SMALL_GRID, smallImage, smallLabels, writeCase, writeVolume } from "./archive.test.helper.js";
import { loadArchive, openArchive, preparedBytes, type LoadArchiveOptions } from "./cases.js";
import { listAnatFolders } from "./bids.js";
import { coded, inFolder } from "./nifti/crafted.test.helper.js";
import { encodeNifti } from "./nifti/index.js";
import { preparedSampling } from "./prepare.js";
import { voxelCount } from "./grid.js";

const OPTIONS: LoadArchiveOptions = {
  inputs: ["T1w", "FLAIR"],
  spacing: [2, 2, 2],
  labelMap: resolveLabelMap({ kind: "lesion" }, labelSpace(["background", "CSF", "GM", "WM", "lesion"])),
};

/** The codes of the cases left out, by name, of an archive that also has one good case. */
async function skippedCodes(dir: string): Promise<Record<string, string>> {
  await writeCase(dir, "sub-good");
  const { cases, skipped } = await loadArchive(dir, OPTIONS);
  assert.equal(cases.length, 1, "the good case is loaded whatever is wrong with the others");
  for (const { reason, remedy } of skipped) assert.ok(reason.length > 10 && remedy.length > 10);
  return Object.fromEntries(skipped.map(({ name, code }) => [name, code]));
}

test("a case has its images in the order of the inputs, normalised inside the brain, and indices of its labels", async () => {
  await inFolder(async (dir) => {
    await writeCase(dir, "sub-01");
    const { cases, skipped } = await loadArchive(dir, OPTIONS);
    assert.deepEqual(skipped, []);
    const [one] = cases;
    assert.ok(one !== undefined);
    assert.deepEqual([one.index, one.size, one.channels], [1, [4, 5, 6], 2]);
    assert.deepEqual(one.labels, Uint8Array.from(smallLabels([0, 1])));
    for (const [channel, seed] of [
      [0, 1],
      [1, 2],
    ] as const) {
      const source = Float64Array.from(smallImage(seed));
      const brain = source.slice(30);
      const mean = brain.reduce((sum, value) => sum + value, 0) / brain.length;
      const deviation = Math.sqrt(brain.reduce((sum, value) => sum + (value - mean) ** 2, 0) / brain.length);
      source.forEach((value, v) => {
        const expected = v < 30 ? 0 : (value - mean) / deviation;
        assert.ok(Math.abs((one.image[2 * v + channel] ?? NaN) - expected) < 1e-5);
      });
    }
  });
});

test("images stored along other axes give the same case", async () => {
  await inFolder(async (dir) => {
    await writeCase(dir, "sub-01");
    await writeCase(dir, "sub-02");
    // The same voxels, stored from left to right reversed and with the last two axes exchanged.
    const [x, y, z] = SMALL_GRID.size;
    const grid = { size: [x, z, y] as const, affine: [-2, 0, 0, 5, 0, 0, 2, -4, 0, 2, 0, -3] };
    const moved = (data: Float32Array): Float32Array =>
      data.map((_, v) => {
        const [i, k, j] = [v % x, Math.floor(v / x) % z, Math.floor(v / (x * z))];
        return data[x - 1 - i + x * (j + y * k)] ?? NaN;
      });
    await writeVolume(dir, "sub-02/anat/sub-02_T1w.nii.gz", moved(smallImage(1)), grid);
    await writeVolume(dir, "sub-02/anat/sub-02_FLAIR.nii.gz", moved(smallImage(2)), grid);
    const labels = "derivatives/labels/sub-02/anat/sub-02_dseg.nii.gz";
    await writeVolume(dir, labels, moved(smallLabels([0, 1])), grid);
    const [one, two] = (await loadArchive(dir, OPTIONS)).cases;
    assert.deepEqual(two?.image, one?.image);
    assert.deepEqual(two?.labels, one?.labels);
  });
});

test("a brain mask of a derivative takes the place of the non-zero voxels", async () => {
  await inFolder(async (dir) => {
    await writeCase(dir, "sub-01");
    const mask = smallImage(1).map((_, v) => (v >= 60 ? 1 : 0));
    await writeVolume(dir, "derivatives/bet/sub-01/anat/sub-01_desc-brain_mask.nii.gz", mask);
    const [one] = (await loadArchive(dir, OPTIONS)).cases;
    assert.ok(one?.image.subarray(0, 120).every((value) => value === 0));
    assert.ok(one?.image.subarray(120).every((value) => value !== 0));
  });
});

test("an image without zeros is brain everywhere; negative voxels are brain", async () => {
  await inFolder(async (dir) => {
    await writeCase(dir, "sub-01");
    const all = smallImage(1).map((value, v) => (v < 30 ? v - 40 : value));
    await writeVolume(dir, "sub-01/anat/sub-01_T1w.nii.gz", all);
    const [one] = (await loadArchive(dir, OPTIONS)).cases;
    assert.ok(one?.image.every((value) => value !== 0));
  });
});

test("sessions are cases of their own, with names that hold dots, spaces and letters beyond ASCII", async () => {
  await inFolder(async (dir) => {
    for (const name of ["sub-a.b.c", "sub-Jürgen Ω/ses-2019.03", "sub-Jürgen Ω/ses-2", "sub-东京"]) {
      await writeCase(dir, name);
    }
    const { cases, skipped } = await openArchive(dir, OPTIONS);
    assert.deepEqual(skipped, []);
    assert.deepEqual(
      cases.map(({ name }) => name.normalize("NFC")),
      ["sub-Jürgen Ω/ses-2", "sub-Jürgen Ω/ses-2019.03", "sub-a.b.c", "sub-东京"],
    );
    assert.equal((await loadArchive(dir, OPTIONS)).cases.length, 4);
  });
});

test("labels are found where the derivative spells the subject in the other Unicode form", async () => {
  await inFolder(async (dir) => {
    await writeCase(dir, "sub-J\u00fcrgen");
    await rename(join(dir, "derivatives/labels/sub-J\u00fcrgen"), join(dir, "derivatives/labels/sub-Ju\u0308rgen"));
    assert.equal((await openArchive(dir, OPTIONS)).cases.length, 1);
  });
});

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

test("a lesion mask counts as labels where there is no dseg, and a plain dseg before a particular one", async () => {
  await inFolder(async (dir) => {
    await writeCase(dir, "sub-01");
    const folder = "derivatives/labels/sub-01/anat";
    await writeVolume(dir, `${folder}/sub-01_desc-draft_dseg.nii.gz`, smallLabels([0, 9]));
    assert.match((await openArchive(dir, OPTIONS)).cases[0]?.labels.name ?? "", /sub-01_dseg/);
    await rm(join(dir, folder), { recursive: true });
    await writeVolume(dir, `${folder}/sub-01_label-lesion_mask.nii.gz`, smallLabels([0, 1]));
    await writeVolume(dir, `${folder}/sub-01_desc-brain_mask.nii.gz`, smallLabels([1]));
    const [one] = (await openArchive(dir, OPTIONS)).cases;
    assert.match(one?.labels.name ?? "", /label-lesion_mask/);
    assert.match(one?.mask?.name ?? "", /desc-brain_mask/);
  });
});

test("symbolic links are followed, and links in a circle do no harm", async () => {
  await inFolder(async (dir) => {
    await writeCase(join(dir, "store"), "sub-01");
    const archive = join(dir, "archive");
    await mkdir(archive);
    await symlink(join(dir, "store/sub-01"), join(archive, "sub-01"));
    await symlink(join(dir, "store/derivatives"), join(archive, "derivatives"));
    await symlink(archive, join(archive, "sub-loop"));
    await symlink(join(archive, "sub-self"), join(archive, "sub-self"));
    const { cases, skipped } = await openArchive(archive, OPTIONS);
    assert.deepEqual(
      cases.map(({ name }) => name),
      ["sub-01"],
    );
    assert.deepEqual(
      skipped.map(({ name, code }) => [name, code]),
      [["sub-loop", "CASE_MODALITY_MISSING"]],
    );
  });
});

test("files beside the subjects and hidden files do not count", async () => {
  await inFolder(async (dir) => {
    await writeCase(dir, "sub-01");
    await writeFile(join(dir, "sub-01_scans.tsv"), "filename\n");
    await writeFile(join(dir, "sub-01/anat/._sub-01_T1w.nii.gz"), "AppleDouble");
    await writeFile(join(dir, "derivatives/labels/sub-01/anat/._sub-01_dseg.nii.gz"), "AppleDouble");
    const { cases, skipped } = await openArchive(dir, OPTIONS);
    assert.deepEqual([cases.length, skipped], [1, []]);
  });
});

test("the bound on a folder's entries holds on both of its sides", async () => {
  await inFolder(async (dir) => {
    for (const name of ["sub-01", "sub-02", "sub-03"]) await writeCase(dir, name);
    // Three subjects and derivatives/.
    assert.equal((await listAnatFolders(dir, undefined, 4)).length, 3);
    await assert.rejects(listAnatFolders(dir, undefined, 3), coded("ARCHIVE_TOO_MANY_ENTRIES", /more than 3/));
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
  });
});

test("thick slices at a fine spacing are refused before memory is taken", () => {
  const grid = { size: [500, 500, 11] as const, affine: [0.5, 0, 0, 0, 0, 0.5, 0, 0, 0, 0, 10, 0] };
  const volumes = (spacing: number): number => voxelCount(preparedSampling(grid, [0.5, 0.5, spacing], "sub-01").target);
  assert.equal(volumes(0.2), 500 * 500 * 501);
  assert.throws(() => volumes(0.186), coded("CASE_TOO_LARGE", /500 × 500 × 539 voxels at 0\.5 × 0\.5 × 0\.186 mm/));
});

test("an archive that is not there, is a file, is empty or has no usable case says so", async () => {
  await inFolder(async (dir) => {
    await assert.rejects(openArchive(join(dir, "none"), OPTIONS), coded("ARCHIVE_NOT_FOUND"));
    await writeFile(join(dir, "file"), "");
    await assert.rejects(openArchive(join(dir, "file"), OPTIONS), coded("ARCHIVE_NOT_FOUND"));
    await assert.rejects(openArchive(dir, OPTIONS), coded("ARCHIVE_NO_CASES", /no folder named sub-/));
    await writeCase(dir, "sub-01", [0, 9]);
    await assert.rejects(loadArchive(dir, OPTIONS), coded("ARCHIVE_NO_CASES", /sub-01.*LABEL_VALUE_UNMAPPED/));
    await rm(join(dir, "sub-01/anat"), { recursive: true });
    await assert.rejects(openArchive(dir, OPTIONS), coded("ARCHIVE_NO_CASES", /CASE_MODALITY_MISSING/));
  });
});

test("cases that would not fit into memory are refused before they are read", async () => {
  await inFolder(async (dir) => {
    await writeCase(dir, "sub-01");
    await writeCase(dir, "sub-02");
    const needed = 2 * preparedBytes(SMALL_GRID, OPTIONS.spacing, 2);
    assert.equal(needed, 2 * 120 * 9);
    assert.equal((await loadArchive(dir, { ...OPTIONS, memory: needed })).cases.length, 2);
    await assert.rejects(loadArchive(dir, { ...OPTIONS, memory: needed - 1 }), coded("ARCHIVE_MEMORY"));
  });
});

test("loading reports its progress and stops when it is aborted", async () => {
  await inFolder(async (dir) => {
    for (const name of ["sub-01", "sub-02", "sub-03"]) await writeCase(dir, name);
    const seen: string[] = [];
    const controller = new AbortController();
    const reason = new Error("enough");
    const onProgress = (done: number, total: number): void => {
      seen.push(`${done}/${total}`);
      if (done === 2) controller.abort(reason);
    };
    await assert.rejects(loadArchive(dir, { ...OPTIONS, onProgress, signal: controller.signal }), reason);
    assert.deepEqual(seen, ["1/3", "2/3"]);
  });
});
