import assert from "node:assert/strict";
import { mkdir, readFile, readdir } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";
import { gunzipSync } from "node:zlib";
import { coded, crafted, fixture, inFolder, stored } from "./crafted.test.helper.js";
import { readNifti } from "./read.js";
import type { WritableType } from "./types.js";
import { encodeNifti, writeNifti, writeWhole } from "./write.js";

interface Written {
  readonly type: WritableType;
  readonly size: readonly [number, number, number];
  readonly affine: readonly number[];
  readonly data: readonly number[];
  readonly bytes: string;
}

test("an image is written byte for byte as nibabel writes it", async () => {
  for (const { type, size, affine, data, bytes } of await fixture<Written>("written.json")) {
    const ours = encodeNifti({ grid: { size, affine }, data, type, labels: type === "uint8" });
    assert.deepEqual(Buffer.from(ours), Buffer.from(bytes, "base64"), type);
  }
});

test("the placement of an image that was read is written again unchanged, big-endian and NIfTI-2 ones too", async () => {
  const files = await fixture<{ readonly name: string; readonly bytes: string }>("nifti.json");
  const contradicting: string[] = [];
  await inFolder(async (dir) => {
    for (const file of files) {
      const source = await readNifti(await stored(dir, "in.nii", Buffer.from(file.bytes, "base64")));
      const { grid, header } = source;
      await writeNifti(join(dir, "out.nii.gz"), {
        grid,
        data: source.data,
        type: "float32",
        ...(header.placement === undefined ? {} : { placement: header.placement }),
      });
      const again = await readNifti(join(dir, "out.nii.gz"));
      assert.equal(again.header.affineFrom, header.affineFrom, file.name);
      if (header.placement === undefined) contradicting.push(file.name);
      else {
        assert.equal(again.header.placement?.qformCode, header.placement.qformCode, file.name);
        assert.equal(again.header.placement.sformCode, header.placement.sformCode, file.name);
      }
      again.grid.affine.forEach((value, at) => {
        assert.equal(Math.fround(value), Math.fround(grid.affine[at] ?? NaN), `${file.name}, affine ${at}`);
      });
      assert.deepEqual(again.data, source.data, file.name);
    }
    // Its pixdim is that of the qform: written again it would have other tools measure by a voxel that is not there.
    assert.deepEqual(contradicting, ["sform before a qform of higher code"]);
  });
});

test("values outside of an integer type are clamped, not wrapped", async () => {
  await inFolder(async (dir) => {
    const grid = { size: [4, 1, 1] as const, affine: [1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1, 0] };
    await writeNifti(join(dir, "a.nii"), { grid, data: [-1, 0.6, 255, 300], type: "uint8" });
    assert.deepEqual([...(await readNifti(join(dir, "a.nii"))).data], [0, 1, 255, 255]);
    await writeNifti(join(dir, "b.nii"), { grid, data: [-40000, -1.4, 5, 40000], type: "int16" });
    assert.deepEqual([...(await readNifti(join(dir, "b.nii"))).data], [-32768, -1, 5, 32767]);
  });
});

test("a name that ends with .gz is compressed, another is not", async () => {
  await inFolder(async (dir) => {
    const grid = { size: [4, 3, 2] as const, affine: [2, 0, 0, -3, 0, 2, 0, -2, 0, 0, 2, -1] };
    const content = { grid, data: Array.from({ length: 24 }, (_, i) => i), type: "int16" } as const;
    await writeNifti(join(dir, "a.nii"), content);
    await writeNifti(join(dir, "a.nii.gz"), content);
    assert.deepEqual(await readFile(join(dir, "a.nii")), Buffer.from(crafted()));
    assert.deepEqual(gunzipSync(await readFile(join(dir, "a.nii.gz"))), Buffer.from(crafted()));
  });
});

test("a file that cannot be written leaves what was there, and nothing beside it", async () => {
  await inFolder(async (dir) => {
    await assert.rejects(writeWhole(join(dir, "none", "a.txt"), "x"), coded("FILE_UNWRITABLE", /does not exist/));
    await mkdir(join(dir, "a.txt"));
    await assert.rejects(writeWhole(join(dir, "a.txt"), "x"), coded("FILE_UNWRITABLE", /folder of that name/));
    assert.deepEqual(await readdir(dir), ["a.txt"]);
  });
});
