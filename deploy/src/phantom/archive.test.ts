import assert from "node:assert/strict";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { seededRandom } from "@fedace/ace-core/foundation";
import { readNifti } from "@fedace/site-client";
import { SCANNERS, writePhantomArchive, type PhantomKind } from "./index.js";
import type { Vec3 } from "./shapes.js";
import { drawTumour } from "./tumour.js";

/** Most label values of a kind, 0 included. */
const VALUES = 6;

/** Voxels per label value of the only subject of an archive, and the mean FLAIR and T1w intensity of each. */
async function summary(dir: string, kind: PhantomKind): Promise<{ counts: number[]; T1w: number[]; FLAIR: number[] }> {
  await writePhantomArchive({ dir, kind, subjects: 1, seed: 5, scanner: SCANNERS.B });
  const labels = await readNifti(join(dir, "derivatives/labels/sub-01/anat/sub-01_dseg.nii.gz"));
  const counts = new Array<number>(VALUES).fill(0);
  for (const label of labels.data) counts[label] = (counts[label] ?? 0) + 1;
  const means = async (suffix: string): Promise<number[]> => {
    const image = await readNifti(join(dir, `sub-01/anat/sub-01_${suffix}.nii.gz`));
    assert.deepEqual(image.grid, labels.grid);
    const sums = new Array<number>(VALUES).fill(0);
    image.data.forEach((value, v) => {
      const label = labels.data[v] ?? 0;
      sums[label] = (sums[label] ?? 0) + value;
      if (label > 0) assert.ok(value > 0, "a labelled voxel lies inside the brain");
    });
    return sums.map((sum, label) => sum / (counts[label] ?? 0));
  };
  return { counts, T1w: await means("T1w"), FLAIR: await means("FLAIR") };
}

test("a phantom has the tissue volumes of a brain, lesions, and the order of intensities of T1w and FLAIR", async () => {
  const dir = await mkdtemp(join(tmpdir(), "phantom-"));
  try {
    const { counts, T1w, FLAIR } = await summary(dir, "joint");
    const brain = counts.slice(1).reduce((a, b) => a + b);
    const share = counts.map((count) => count / brain);
    const [, csf = 0, gm = 0, wm = 0, lesion = 0] = share;
    assert.ok(csf > 0.1 && csf < 0.45, `CSF is ${csf} of the brain`);
    assert.ok(gm > 0.3 && gm < 0.6, `GM is ${gm} of the brain`);
    assert.ok(wm > 0.2 && wm < 0.5, `WM is ${wm} of the brain`);
    assert.ok(lesion > 0.003 && lesion < 0.1, `lesions are ${lesion} of the brain`);
    const [, csfT1 = 0, gmT1 = 0, wmT1 = 0] = T1w;
    assert.ok(csfT1 < gmT1 && gmT1 < wmT1);
    const [, csfFlair = 0, gmFlair = 0, wmFlair = 0, lesionFlair = 0] = FLAIR;
    assert.ok(csfFlair < wmFlair && wmFlair < gmFlair && gmFlair < lesionFlair);
  } finally {
    await rm(dir, { recursive: true, force: true });
  }
});

test("a tissue archive has no lesions, a lesion archive only lesions, and its label table says so", async () => {
  const dir = await mkdtemp(join(tmpdir(), "phantom-"));
  try {
    const tissue = await summary(join(dir, "tissue"), "tissue");
    assert.ok(tissue.counts.slice(0, 4).every((count) => count > 0) && tissue.counts[4] === 0);
    const lesion = await summary(join(dir, "lesion"), "lesion");
    assert.ok((lesion.counts[1] ?? 0) > 0 && lesion.counts.slice(2).every((count) => count === 0));
    assert.equal(await readFile(join(dir, "lesion/derivatives/labels/dseg.tsv"), "utf8"), "index\tname\n1\tL\n");
  } finally {
    await rm(dir, { recursive: true, force: true });
  }
});

test("a tumour of a core in oedema grows in a head, and pushes away what is around it", async () => {
  const dir = await mkdtemp(join(tmpdir(), "phantom-"));
  try {
    const { counts, T1w } = await summary(join(dir, "all"), "tumour-joint");
    const [, , , , oedema = 0, core = 0] = counts.map((count) => (count * 8) / 1000);
    assert.ok(core > 1 && core < 40, `the core is ${core} mL`);
    assert.ok(oedema > 1 && oedema < 120, `the oedema is ${oedema} mL`);
    const [, , , wm = 0, wet = 0] = T1w;
    assert.ok(wet < wm, "oedema is darker than white matter");
    const own = await summary(join(dir, "own"), "tumour");
    assert.ok((own.counts[1] ?? 0) > 0 && (own.counts[2] ?? 0) > 0);
    assert.ok(own.counts.slice(3).every((count) => count === 0));
    assert.equal(
      await readFile(join(dir, "own/derivatives/labels/dseg.tsv"), "utf8"),
      "index\tname\n1\toedema\n2\tcore\n",
    );
  } finally {
    await rm(dir, { recursive: true, force: true });
  }
});

test("tissue around a tumour has moved outwards by what keeps its volume, and none at the skull", () => {
  const deep = { brain: 50, parenchyma: 50, white: 20, ventricles: -20 };
  const { before, centre } = drawTumour(seededRandom(7), () => deep);
  const at = (mm: number): Vec3 => [centre[0] + mm, centre[1], centre[2]];
  const from = (mm: number): number => before(at(mm))[0] - centre[0];
  assert.ok(from(30) > 15 && from(30) < 30);
  const pushed = 30 ** 3 - from(30) ** 3;
  assert.ok(Math.abs(pushed / (40 ** 3 - from(40) ** 3) - 1) < 1e-9, "the volume between two balls is kept");
  const atSkull = drawTumour(seededRandom(7), ([x]) => ({ ...deep, brain: x > centre[0] + 25 ? 0 : 50 }));
  assert.deepEqual(atSkull.centre, centre);
  assert.deepEqual(atSkull.before(at(30)), at(30));
});

test("the same seed draws the same heads, another seed others", async () => {
  const dir = await mkdtemp(join(tmpdir(), "phantom-"));
  try {
    const images: Float32Array[] = [];
    for (const [name, seed] of [
      ["a", 1],
      ["b", 1],
      ["c", 2],
    ] as const) {
      await writePhantomArchive({ dir: join(dir, name), kind: "lesion", subjects: 1, seed });
      images.push((await readNifti(join(dir, name, "sub-01/anat/sub-01_FLAIR.nii.gz"))).data);
    }
    assert.deepEqual(images[0], images[1]);
    assert.notDeepEqual(images[0], images[2]);
  } finally {
    await rm(dir, { recursive: true, force: true });
  }
});
