import assert from "node:assert/strict";
import { test } from "node:test";
import { seededRandom } from "@fedace/ace-core/foundation";
import { labelSpace, resolveLabelMap } from "@fedace/ace-core/labels";
import type { TrainingCase } from "@fedace/ace-core/training";
import { writeVolume } from "./archive.test.helper.js";
import { loadArchive } from "./cases.js";
import { checkArchive } from "./check.js";
import type { Grid } from "./grid.js";
import { coded, inFolder } from "./nifti/crafted.test.helper.js";

const SIZE = [14, 13, 12] as const;
const GRID: Grid = { size: SIZE, affine: [8, 0, 0, -52, 0, 8, 0, -48, 0, 0, 8, -44] };
const OPTIONS = {
  inputs: ["T1w"],
  spacing: [8, 8, 8] as const,
  labelMap: resolveLabelMap({ kind: "lesion" }, labelSpace(["background", "lesion"])),
};

type Place = readonly [i: number, j: number, k: number];
const places: readonly Place[] = Array.from({ length: SIZE[0] * SIZE[1] * SIZE[2] }, (_, v) => [
  v % SIZE[0],
  Math.floor(v / SIZE[0]) % SIZE[1],
  Math.floor(v / (SIZE[0] * SIZE[1])),
]);
const fromCentre = ([i, j, k]: Place): number => Math.hypot(i - 6, j - 6.5, k - 5.5);
const inBrain = places.map((place) => fromCentre(place) < 4.6);
const CENTRE = places.findIndex(([i, j, k]) => i === 6 && j === 6 && k === 5);

/** A head of noise around 100 in a background, and labels of 1 in the right half of its middle. */
const head = ((): Float32Array => {
  const random = seededRandom(3);
  return Float32Array.from(places, (_, v) => (inBrain[v] === true ? 100 + 10 * random.normal() : 0));
})();
const labels = Float32Array.from(places, (place) => Number(fromCentre(place) < 3 && place[0] > 6));

interface Files {
  readonly image?: (value: number, v: number) => number;
  readonly labels?: Float32Array;
  readonly labelGrid?: Grid;
  readonly mask?: (value: number, v: number) => number;
}

/** Writes one case, changed, and gives what training and `check` make of it. */
async function withCase(
  files: Files,
  use: (loaded: { one: TrainingCase; warnings: string; brain: string }) => void,
): Promise<void> {
  await inFolder(async (dir) => {
    await write(dir, files);
    const { cases, skipped } = await loadArchive(dir, OPTIONS);
    const [one] = cases;
    assert.ok(one !== undefined, JSON.stringify(skipped));
    const report = await checkArchive(dir, { spacing: [8, 8, 8] });
    const [checked] = report.usable;
    assert.ok(checked !== undefined);
    // The voxels of this test are large.
    const warnings = checked.warnings.filter((text) => !text.startsWith("slices of 8.0 mm"));
    use({ one, warnings: warnings.join("; "), brain: checked.brain });
  });
}

async function write(dir: string, files: Files): Promise<void> {
  const { image = (value: number): number => value, mask } = files;
  await writeVolume(
    dir,
    "sub-01/anat/sub-01_T1w.nii.gz",
    head.map((value, v) => image(value, v)),
    GRID,
  );
  const seg = "derivatives/labels/sub-01/anat/sub-01_dseg.nii.gz";
  await writeVolume(dir, seg, files.labels ?? labels, files.labelGrid ?? GRID);
  if (mask !== undefined)
    await writeVolume(dir, "derivatives/bet/sub-01/anat/sub-01_desc-brain_mask.nii.gz", Float32Array.from(inBrain, (inside, v) => mask(Number(inside), v)), GRID); // prettier-ignore
}

async function refused(files: Files, code: string, says: RegExp): Promise<void> {
  await inFolder(async (dir) => {
    await write(dir, files);
    await assert.rejects(loadArchive(dir, OPTIONS), coded("ARCHIVE_NO_CASES"));
    const [skipped] = (await checkArchive(dir)).skipped;
    assert.equal(skipped?.code, code);
    assert.match(skipped.reason, says);
  });
}

/** The plain case, to compare with. */
async function plain(): Promise<TrainingCase> {
  let found: TrainingCase | undefined;
  await withCase({}, ({ one, warnings, brain }) => {
    assert.deepEqual([warnings, brain], ["", "non-zero"]);
    found = one;
  });
  assert.ok(found !== undefined);
  return found;
}

function sameImage(actual: TrainingCase, expected: TrainingCase, within = 1e-4): void {
  for (const [v, value] of actual.image.entries())
    assert.ok(Math.abs(value - (expected.image[v] ?? NaN)) < within, `voxel ${v}: ${value}, not ${expected.image[v] ?? NaN}`); // prettier-ignore
}

test("NaN around the brain, or outside of its mask, is background; inside, and infinity anywhere, is refused", async () => {
  const expected = await plain();
  await withCase({ image: (value) => (value === 0 ? NaN : value) }, ({ one, warnings }) => {
    sameImage(one, expected);
    assert.match(warnings, /outside the brain that are not a number count as background/);
  });
  const hole = (value: number, v: number): number => (v === CENTRE ? NaN : value);
  await refused({ image: hole }, "NIFTI_NON_FINITE", /1 voxel inside the head/);
  await withCase({ image: hole, mask: (inside, v) => (v === CENTRE ? 0 : inside) }, ({ one }) => {
    assert.equal(one.image[CENTRE], 0, "the mask puts it outside");
  });
  await refused({ image: (value, v) => (v === 0 ? Infinity : value) }, "NIFTI_NON_FINITE", /infinite/);
});

test("a background that is not 0 is told by the border, with a note", async () => {
  const expected = await plain();
  for (const background of [-1000, 37.5]) {
    await withCase({ image: (value) => (value === 0 ? background : value) }, ({ one, warnings, brain }) => {
      sameImage(one, expected);
      assert.equal(brain, "border value");
      assert.match(warnings, new RegExp(`its border holds ${background}, which is taken as the background`));
    });
  }
  await withCase({ image: (value) => value + 100 }, ({ one }) => { sameImage(one, expected); }); // prettier-ignore
});

test("a wild voxel, inside the brain or outside of it, moves the others by little, and is noted where it would have", async () => {
  const expected = await plain();
  for (const [at, wild] of [
    [CENTRE, 32767],
    [CENTRE, -1e6],
    [0, 1e30],
  ] as const) {
    await withCase({ image: (value, v) => (v === at ? wild : value) }, ({ one, warnings }) => {
      for (const [v, value] of one.image.entries()) {
        if (v === CENTRE || v === 0) continue;
        assert.ok(Math.abs(value - (expected.image[v] ?? NaN)) < 0.25, `${value} for ${expected.image[v] ?? NaN}`);
      }
      if (at === CENTRE) assert.match(warnings, /1 voxel lies far from all others \(up to -?[\d.e+]+\); cut off/);
    });
  }
});

test("a mask is inside where it is half or more; an empty one is named as what it is", async () => {
  const expected = await plain();
  await withCase({ mask: (inside) => (inside === 1 ? 0.99 : 1e-6) }, ({ one, brain }) => {
    sameImage(one, expected);
    assert.equal(brain, "mask");
  });
  await refused({ mask: () => 0.2 }, "CASE_BLANK", /desc-brain_mask.*no voxel is 0\.5 or more, so the brain mask is empty/); // prettier-ignore
});

test("labels of the same voxels along other axes are turned; labels that lie elsewhere are warned of with their share", async () => {
  const expected = await plain();
  // The same labels, stored from right to left and from top to bottom.
  const turned = Float32Array.from(places, ([i, j, k]) => labels[13 - i + 14 * (j + 13 * (11 - k))] ?? 0);
  const labelGrid = { size: SIZE, affine: [-8, 0, 0, 52, 0, 8, 0, -48, 0, 0, -8, 44] };
  await withCase({ labels: turned, labelGrid }, ({ one, warnings }) => {
    assert.deepEqual(one.labels, expected.labels);
    assert.equal(warnings, "");
  });
  const shifted = Float32Array.from(places, ([i, j, k]) => (k < 8 ? (labels[i + 14 * (j + 13 * (k + 4))] ?? 0) : 0));
  await withCase({ labels: shifted }, ({ warnings }) => {
    assert.match(warnings, /\d\d % of the labelled voxels lie outside the brain/);
  });
});

test("a label image whose header gives another voxel size is counted by the images', and both volumes are said", async () => {
  const labelGrid = { size: SIZE, affine: [8.004, 0, 0, -52, 0, 8, 0, -48, 0, 0, 8, -44] };
  const millilitres = 0.512 * labels.reduce((sum, value) => sum + value, 0);
  await withCase({ labels, labelGrid }, ({ warnings }) => {
    const counted = `labels of ${millilitres.toFixed(2)} mL in place of ${((millilitres * 8.004) / 8).toFixed(2)} mL`;
    assert.equal(
      warnings,
      `the label image has voxels of 8.004 × 8 × 8 mm, the images of 8 × 8 × 8 mm; the images' count (${counted})`,
    );
  });
  await withCase({ labels, labelGrid: GRID }, ({ warnings }) => { assert.equal(warnings, ""); }); // prettier-ignore
});

test("one image given for two inputs is noticed, and so is a second image along other axes turned", async () => {
  await inFolder(async (dir) => {
    await write(dir, {});
    const turned = Float32Array.from(places, ([i, j, k]) => head[13 - i + 14 * (j + 13 * k)] ?? 0);
    const las = { size: SIZE, affine: [-8, 0, 0, 52, 0, 8, 0, -48, 0, 0, 8, -44] };
    await writeVolume(dir, "sub-01/anat/sub-01_FLAIR.nii.gz", turned, las);
    const { cases } = await loadArchive(dir, { ...OPTIONS, inputs: ["T1w", "FLAIR"] });
    const [one] = cases;
    assert.ok(one !== undefined);
    for (let v = 0; v < places.length; v++) assert.equal(one.image[2 * v], one.image[2 * v + 1]);
    const [checked] = (await checkArchive(dir, { spacing: [8, 8, 8] })).usable;
    assert.match(checked?.warnings.join() ?? "", /T1w.*FLAIR.* hold the same voxels: one image was given for both/);
  });
});

test("a mask of the same voxels along other axes is turned as well", async () => {
  const half = (inside: number, v: number): number => ((places[v]?.[0] ?? 0) < 6 ? inside : 0);
  let expected: TrainingCase | undefined;
  await withCase({ mask: half }, ({ one }) => (expected = one));
  await inFolder(async (dir) => {
    await write(dir, {});
    const mask = Float32Array.from(inBrain, (inside, v) => half(Number(inside), v));
    // Stored from left to right the other way round, and from front to back.
    const turned = Float32Array.from(places, ([i, j, k]) => mask[13 - i + 14 * (12 - j + 13 * k)] ?? 0);
    const turnedGrid = { size: SIZE, affine: [-8, 0, 0, 52, 0, -8, 0, 48, 0, 0, 8, -44] };
    await writeVolume(dir, "derivatives/bet/sub-01/anat/sub-01_desc-brain_mask.nii.gz", turned, turnedGrid);
    const { cases } = await loadArchive(dir, OPTIONS);
    assert.ok(expected !== undefined);
    assert.deepEqual(cases[0]?.image, expected.image);
  });
});

test("slices are called thick from 4 mm on, rounding in the header aside", async () => {
  for (const [mm, thick] of [
    [4.00000019, true],
    [3.9999998, true],
    [3.99, false],
  ] as const) {
    await inFolder(async (dir) => {
      const grid = { size: SIZE, affine: [8, 0, 0, -52, 0, 8, 0, -48, 0, 0, 8, -44].map((x) => (x * mm) / 8) };
      await writeVolume(dir, "sub-01/anat/sub-01_T1w.nii.gz", head, grid);
      await writeVolume(dir, "derivatives/labels/sub-01/anat/sub-01_dseg.nii.gz", labels, grid);
      const [checked] = (await checkArchive(dir)).usable;
      assert.equal(checked?.warnings.join().includes("slices of 4.0 mm"), thick, String(mm));
    });
  }
});
