import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { readBundle } from "@fedace/ace-core/export";
import { diceTable } from "@fedace/ace-core/metrics";
import { writePhantomArchive } from "@fedace/deploy/phantom";
import { bundleModel, predict, readNifti, writeNifti } from "@fedace/site-client";
import type { ModelInput, NiftiImage } from "@fedace/site-client";
import { House } from "./house.js";

/** Half the model's spacing, and not a cube: what is resampled wrongly does not fit by chance. */
const SCAN = { size: [40, 44, 42], spacing: 4 } as const;
const CLASSES = ["background", "CSF", "GM", "WM"];
/** Mean Dice of a network that sees 8 mm, on structures of 4 mm; labels in the wrong place, or all of one class, have less. */
const ENOUGH = 0.4;
/** What labels lose that are one voxel of the scan beside their place. */
const MARGIN = 0.02;

type Size = readonly [number, number, number];

/** The voxels in the order in which x runs backwards, or moved by `by` voxels along an axis with 0 behind them. */
function rearranged(data: ArrayLike<number>, size: Size, from: (at: number[]) => number[]): Float32Array {
  const [width, height, depth] = size;
  return Float32Array.from({ length: width * height * depth }, (_, v) => {
    const [x = 0, y = 0, z = 0] = from([v % width, Math.floor(v / width) % height, Math.floor(v / width / height)]);
    const inside = x >= 0 && y >= 0 && z >= 0 && x < width && y < height && z < depth;
    return inside ? (data[x + width * (y + height * z)] ?? 0) : 0;
  });
}

const mean = (values: readonly (number | null)[]): number =>
  values.slice(1).reduce<number>((sum, value) => sum + (value ?? 0), 0) / (values.length - 1);

/** A head that no site has, its x axis turned: scanner's order is not the one that the network sees. */
async function scan(dir: string): Promise<{ files: Record<string, string>; truth: Float32Array; size: Size }> {
  await writePhantomArchive({ dir: join(dir, "fresh"), kind: "tissue", subjects: 1, seed: 9, grid: SCAN });
  const size = SCAN.size;
  const turn = (data: ArrayLike<number>): Float32Array =>
    rearranged(data, size, ([x = 0, y = 0, z = 0]) => [size[0] - 1 - x, y, z]);
  const files: Record<string, string> = {};
  for (const suffix of ["T1w", "FLAIR"]) {
    const image = await readNifti(join(dir, "fresh", "sub-01", "anat", `sub-01_${suffix}.nii.gz`));
    const affine = image.grid.affine.map((value, at) => {
      if (at % 4 === 0) return -value;
      return at % 4 === 3 ? value + (size[0] - 1) * (image.grid.affine[at - 3] ?? 0) : value;
    });
    const path = join(dir, `${suffix}.nii.gz`);
    files[suffix] = path;
    await writeNifti(path, { grid: { size, affine }, data: turn(image.data), type: "int16" });
  }
  const labels = await readNifti(join(dir, "fresh/derivatives/labels/sub-01/anat/sub-01_dseg.nii.gz"));
  return { files, truth: turn(labels.data), size };
}

test("from archive to label image: the labels lie on the scan's own grid, voxel on voxel of the truth", async (t) => {
  const house = await House.open(t);
  await house.joined("alone");
  const { site, console } = house.site("alone");
  await site.start();
  const run = await house.run({
    inputs: ["T1w", "FLAIR"],
    rounds: 4,
    training: { patch: [8, 8, 8], batch: 8, steps: 60, holdout: 0, optimizer: "sgd", momentum: 0.9, learningRate: 0.1 },
  });
  await console.until(/^round 4 of 4: uploaded .* and counted/);
  await console.until(/^final score/);
  await site.stop();
  const bundle = join(house.dir, "joint.safetensors");
  const got = await house.coordinator("model", "get", run, "--round", "latest", "--out", bundle);
  assert.equal(got.code, 0, got.err);

  const { files, truth, size } = await scan(house.dir);
  const out = join(house.dir, "labels.nii.gz");
  const inputs = Object.entries(files).flatMap(([suffix, file]) => ["--input", `${suffix}=${file}`]);
  const ran = await house.predict("--model", bundle, ...inputs, "--out", out, "--engine", "wasm", "--threads", "1");
  assert.equal(ran.code, 0, ran.err);

  const [image, labels] = [await readNifti(files["T1w"] ?? ""), await readNifti(out)] as [NiftiImage, NiftiImage];
  assert.deepEqual(labels.grid, image.grid);
  assert.equal(labels.header.type, "uint8");
  assert.deepEqual(labels.header.placement, image.header.placement);
  const dice = (moved: ArrayLike<number>): number => mean(diceTable(moved, truth, CLASSES.length));
  const inPlace = dice(labels.data);
  assert.ok(inPlace > ENOUGH, `Dice ${inPlace}`);
  for (const axis of [0, 1, 2])
    for (const by of [-1, 1]) {
      const moved = rearranged(labels.data, size, (at) => at.map((value, i) => (i === axis ? value - by : value)));
      assert.ok(dice(moved) < inPlace - MARGIN, `moved by ${by} along axis ${axis}: Dice ${dice(moved)}`);
    }
  const turned = rearranged(labels.data, size, ([x = 0, y = 0, z = 0]) => [size[0] - 1 - x, y, z]);
  assert.ok(dice(turned) < inPlace - MARGIN, `left and right exchanged: Dice ${dice(turned)}`);

  await writeNifti(join(house.dir, "truth.nii.gz"), { grid: image.grid, data: truth, type: "uint8" });
  const counted = CLASSES.map((_, k) => labels.data.filter((label) => label === k).length);
  const table = readFileSync(join(house.dir, "labels.tsv"), "utf8").trimEnd().split("\n").slice(1);
  assert.deepEqual(
    table.map((line) => line.split("\t")),
    [1, 2, 3].map((k) => [String(k), CLASSES[k], String(counted[k]), ((counted[k] ?? 0) * 0.064).toFixed(3)]),
  );

  const { card, ...rest } = readBundle(readFileSync(bundle));
  assert.deepEqual(card.images?.pairs[0]?.inputs, ["T1w", "FLAIR"]);
  const model = {
    ...bundleModel({ card, ...rest }),
    probabilities: ({ size: voxels }: ModelInput) =>
      Promise.resolve(new Float32Array(voxels[0] * voxels[1] * voxels[2] * CLASSES.length)),
  };
  const doubts = async (t1w: string | undefined, flair: string | undefined): Promise<string> => {
    const given = new Map([["T1w", t1w ?? ""], ["FLAIR", flair ?? ""]]); // prettier-ignore
    const { warnings } = await predict({ model, inputs: given, out: join(house.dir, "again.nii.gz") });
    return warnings.filter((text) => /swapped|of one head|label image/.test(text)).join();
  };
  assert.equal(await doubts(files["T1w"], files["FLAIR"]), "");
  assert.match(
    await doubts(join(house.dir, "truth.nii.gz"), files["FLAIR"]),
    /T1w has only 3 different values .*training cases: about \d+/,
  );
});
