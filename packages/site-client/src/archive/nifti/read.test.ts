import assert from "node:assert/strict";
import { join } from "node:path";
import { test } from "node:test";
import { gzipSync } from "node:zlib";
import { crafted, fixture, inFolder, stored } from "./crafted.test.helper.js";
import { readNifti, readNiftiHeader } from "./read.js";

interface Stored {
  readonly name: string;
  readonly bytes: string;
  readonly type: string;
  readonly size: readonly number[];
  readonly affine: readonly number[];
  readonly values: readonly number[];
}

test("nibabel's files are read as nibabel reads them: both versions, both byte orders, every type, scale, every transform", async () => {
  const files = await fixture<Stored>("nifti.json");
  assert.ok(files.length >= 50);
  await inFolder(async (dir) => {
    for (const file of files) {
      const bytes = Buffer.from(file.bytes, "base64");
      for (const [name, content] of [
        ["plain.nii", bytes],
        ["packed.nii.gz", gzipSync(bytes)],
      ] as const) {
        const image = await readNifti(await stored(dir, name, content));
        assert.equal(image.header.type, file.type, file.name);
        assert.deepEqual(image.grid.size, file.size, file.name);
        image.grid.affine.forEach((value, at) => {
          const expected = file.affine[at] ?? NaN;
          assert.ok(Math.abs(value - expected) <= 1e-5 * Math.max(1, Math.abs(expected)), `${file.name}, affine ${at}`);
        });
        assert.deepEqual(image.data, Float32Array.from(file.values), file.name);
      }
    }
  });
});

test("compression is told by the content, not by the name", async () => {
  const [file] = await fixture<Stored>("nifti.json");
  const bytes = Buffer.from(file?.bytes ?? "", "base64");
  await inFolder(async (dir) => {
    const plain = await readNifti(await stored(dir, "plain.nii.gz", bytes));
    const packed = await readNifti(await stored(dir, "packed.nii", gzipSync(bytes)));
    assert.deepEqual(plain.data, packed.data);
  });
});

test("a header is read without the voxels: they may be missing", async () => {
  const [file] = await fixture<Stored>("nifti.json");
  const bytes = Buffer.from(file?.bytes ?? "", "base64").subarray(0, 352);
  await inFolder(async (dir) => {
    const header = await readNiftiHeader(await stored(dir, "cut.nii", bytes));
    assert.deepEqual(header.grid.size, file?.size);
  });
});

test("without an orientation in the header, the axes are right, anterior, superior, and lengths may be in metres", async () => {
  await inFolder(async (dir) => {
    const bytes = crafted((header) => {
      header.setInt16(254, 0, true);
      header.setUint8(123, 1);
      [0.002, 0.003, 0.004].forEach((metres, axis) => {
        header.setFloat32(80 + 4 * axis, metres, true);
      });
    });
    const { header } = await readNifti(await stored(dir, "a.nii", bytes));
    assert.equal(header.affineFrom, "pixdim");
    assert.deepEqual(
      header.grid.affine.map((value) => Number(value.toFixed(6))),
      [2, 0, 0, 0, 0, 3, 0, 0, 0, 0, 4, 0],
    );
  });
});

test("a slope of 0, and one that is no number, mean that there is no scaling", async () => {
  await inFolder(async (dir) => {
    for (const slope of [0, NaN]) {
      const bytes = crafted((header) => {
        header.setFloat32(112, slope, true);
        header.setFloat32(116, 7, true);
      });
      const { data } = await readNifti(await stored(dir, "a.nii", bytes));
      assert.deepEqual(
        data,
        Float32Array.from({ length: 24 }, (_, v) => v),
      );
    }
  });
});

test("reading stops when it is aborted", async () => {
  const [file] = await fixture<Stored>("nifti.json");
  await inFolder(async (dir) => {
    await stored(dir, "a.nii.gz", gzipSync(Buffer.from(file?.bytes ?? "", "base64")));
    const reason = new Error("enough");
    await assert.rejects(readNifti(join(dir, "a.nii.gz"), { signal: AbortSignal.abort(reason) }), reason);
    const controller = new AbortController();
    const reading = readNifti(join(dir, "a.nii.gz"), { signal: controller.signal });
    controller.abort(reason);
    await assert.rejects(reading, reason);
  });
});
