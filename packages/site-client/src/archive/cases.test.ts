import assert from "node:assert/strict";
import { mkdir, rename, rm, symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";
import { SMALL_GRID, smallImage, smallLabels, writeCase, writeVolume } from "./archive.test.helper.js";
import { loadArchive, openArchive, preparedBytes } from "./cases.js";
import { listAnatFolders } from "./bids.js";
import { coded, inFolder } from "./nifti/crafted.test.helper.js";
import { OPTIONS } from "./cases.test.helper.js";

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

test("a case that lacks an image counts where that may be, with a plane for each that says which is there", async () => {
  await inFolder(async (dir) => {
    await writeCase(dir, "sub-01");
    await writeCase(dir, "sub-02");
    await rm(join(dir, "sub-02/anat/sub-02_T1w.nii.gz"));
    const whole = await loadArchive(dir, OPTIONS);
    assert.deepEqual([whole.cases.length, whole.skipped[0]?.code], [1, "CASE_MODALITY_MISSING"]);
    const { cases, skipped } = await loadArchive(dir, { ...OPTIONS, mayLack: true });
    assert.deepEqual(skipped, []);
    const [one, two] = cases;
    assert.ok(one !== undefined && two !== undefined);
    assert.deepEqual([one.channels, two.channels], [4, 4]);
    const channel = (image: Float32Array, c: number, of: number): number[] => [...image].filter((_, i) => i % of === c);
    const [reference] = whole.cases;
    for (const c of [0, 1]) {
      assert.deepEqual(channel(one.image, c, 4), channel(reference?.image ?? new Float32Array(), c, 2));
      assert.deepEqual(channel(one.image, 2 + c, 4).slice(28, 32), [0, 0, 1, 1], "the brain begins at voxel 30");
    }
    assert.deepEqual(channel(two.image, 1, 4), channel(one.image, 1, 4), "the FLAIR is the same");
    assert.deepEqual(new Set([...channel(two.image, 0, 4), ...channel(two.image, 2, 4)]), new Set([0]));
    assert.deepEqual(channel(two.image, 3, 4), channel(one.image, 3, 4));
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
