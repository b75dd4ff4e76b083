import assert from "node:assert/strict";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { writeNifti } from "@fedace/site-client";
import { PNG } from "pngjs";
import { writePicture } from "./index.js";

test("a picture shows images, labels and legend; an image stored from right to left is not mirrored", async () => {
  const dir = await mkdtemp(join(tmpdir(), "picture-"));
  try {
    const size = [20, 16, 12] as const;
    const voxels = size[0] * size[1] * size[2];
    // The label is on the patient's right: at high i of an RAS image, at low i of one stored from right to left.
    const right = Float32Array.from({ length: voxels }, (_, v) => (v % size[0] >= 12 ? 1 : 0));
    const image = right.map((value) => 50 + 50 * value);
    const ras = { size, affine: [2, 0, 0, -19, 0, 2, 0, 0, 0, 0, 2, 0] };
    const las = { size, affine: [-2, 0, 0, 19, 0, 2, 0, 0, 0, 0, 2, 0] };
    const mirrored = right.map((_, v) => right[v - (v % size[0]) + (size[0] - 1 - (v % size[0]))] ?? 0);
    await writeNifti(join(dir, "T1w.nii.gz"), { grid: ras, data: image, type: "int16" });
    await writeNifti(join(dir, "truth.nii.gz"), { grid: ras, data: right, type: "uint8" });
    await writeNifti(join(dir, "prediction.nii.gz"), { grid: las, data: mirrored, type: "uint8" });
    const file = join(dir, "picture.png");
    await writePicture({
      images: [{ title: "T1w", file: join(dir, "T1w.nii.gz") }],
      segmentations: ["truth", "prediction"].map((title) => ({ title, file: join(dir, `${title}.nii.gz`) })),
      classes: ["background", "lesion"],
      scores: { lesion: 1 },
      file,
    });
    const png = PNG.sync.read(await readFile(file));
    const pixel = (x: number, y: number): number[] => [...png.data.subarray(4 * (y * png.width + x)).subarray(0, 3)];
    // Three columns of 80 pixels with gaps of 14; the first row is 64 pixels high from pixel 34 on.
    assert.equal(png.width, 14 + 3 * 94);
    const y = 34 + 32;
    for (const left of [14 + 94, 14 + 2 * 94]) {
      const [red = 0, , blue = 0] = pixel(left + 75, y);
      assert.ok(red > 2 * blue || blue > 2 * red, "the right side is labelled, in colour");
      const [r = 0, g = 0] = pixel(left + 5, y);
      assert.ok(Math.abs(r - g) < 20, "the left side is not, and stays grey");
    }
    assert.deepEqual(pixel(14 + 94 + 75, y), pixel(14 + 2 * 94 + 75, y), "truth and prediction agree");
    const one = join(dir, "axial.png");
    await writePicture({
      images: [{ title: "T1w", file: join(dir, "T1w.nii.gz") }],
      segmentations: ["truth", "prediction"].map((title) => ({ title, file: join(dir, `${title}.nii.gz`) })),
      classes: ["background", "lesion"],
      views: ["axial"],
      columns: 2,
      file: one,
    });
    const axial = PNG.sync.read(await readFile(one));
    // Two columns, two blocks of a header of 34, 64 pixels of head and a gap; 50 for the legend.
    assert.deepEqual([axial.width, axial.height], [14 + 2 * 94, 2 * (34 + 64 + 14) + 50]);
    const at = (x: number, y: number): number[] => [...axial.data.subarray(4 * (y * axial.width + x)).subarray(0, 3)];
    assert.deepEqual(at(14 + 94 + 75, y), at(14 + 75, y + 112), "the third column begins the second block");
  } finally {
    await rm(dir, { recursive: true, force: true });
  }
});
