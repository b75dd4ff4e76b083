import assert from "node:assert/strict";
import { chmod, mkdir } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";
import { gzipSync } from "node:zlib";
import { coded, crafted, inFolder, stored } from "./crafted.test.helper.js";
import { DEFAULT_NIFTI_LIMITS } from "./limits.js";
import { readNifti } from "./read.js";

/** A header change, the code it must give, and a word of the message. */
const HEADERS: readonly (readonly [string, (header: DataView) => void, string, RegExp])[] = [
  ["no length field", (h) => { h.setInt32(0, 0, true); }, "NIFTI_NOT_NIFTI", /header/],
  ["Analyze 7.5, no magic", (h) => { h.setInt32(344, 0, true); }, "NIFTI_NOT_NIFTI", /magic/],
  ["a .hdr of a pair", (h) => { h.setUint8(345, 0x69); }, "NIFTI_PAIR", /pair/],
  ["no axes", (h) => { h.setInt16(40, 0, true); }, "NIFTI_EMPTY", /no voxels/],
  ["an axis of length 0", (h) => { h.setInt16(44, 0, true); }, "NIFTI_EMPTY", /4 × 0 × 2/],
  ["an axis of negative length", (h) => { h.setInt16(44, -3, true); }, "NIFTI_HEADER", /4 × -3 × 2/],
  ["nine axes", (h) => { h.setInt16(40, 9, true); }, "NIFTI_HEADER", /9 axes/],
  ["two axes", (h) => { h.setInt16(40, 2, true); }, "NIFTI_DIMENSIONS", /2 dimensions/],
  ["a time series", (h) => { h.setInt16(40, 4, true); h.setInt16(48, 5, true); }, "NIFTI_DIMENSIONS", /4 × 3 × 2 × 5/],
  ["30000³ voxels", (h) => { for (const at of [42, 44, 46]) h.setInt16(at, 30000, true); }, "NIFTI_TOO_LARGE", /30000/],
  ["complex numbers", (h) => { h.setInt16(70, 32, true); }, "NIFTI_DATATYPE", /32/],
  ["colours", (h) => { h.setInt16(70, 128, true); }, "NIFTI_DATATYPE", /128/],
  ["128-bit floats", (h) => { h.setInt16(70, 1536, true); }, "NIFTI_DATATYPE", /1536/],
  ["voxels inside the header", (h) => { h.setFloat32(108, 100, true); }, "NIFTI_HEADER", /byte 100/],
  ["voxels at no number", (h) => { h.setFloat32(108, NaN, true); }, "NIFTI_HEADER", /NaN/],
  ["voxels after a gigabyte", (h) => { h.setFloat32(108, 2 ** 30, true); }, "NIFTI_HEADER", /byte 1073741824/],
  ["an affine of zeros", (h) => { for (let i = 0; i < 12; i++) h.setFloat32(280 + 4 * i, 0, true); }, "NIFTI_AFFINE", /0\.00/],
  ["an affine that is no number", (h) => { h.setFloat32(280, NaN, true); }, "NIFTI_AFFINE", /NaN/],
  ["voxels of a metre", (h) => { h.setUint8(123, 1); }, "NIFTI_AFFINE", /2\.00e\+3/],
  ["axes in one plane", (h) => { h.setFloat32(296, 2, true); h.setFloat32(300, 0, true); h.setFloat32(280, 2, true); h.setFloat32(284, 0, true); h.setFloat32(284, 2, true); h.setFloat32(300, 0, true); h.setFloat32(296, 0, true); }, "NIFTI_AFFINE", /mm|plane/],
]; // prettier-ignore

test("a header with an impossible field is refused with its own code, before any voxel is read", async () => {
  await inFolder(async (dir) => {
    await assert.doesNotReject(readNifti(await stored(dir, "good.nii", crafted())));
    for (const [name, change, code, says] of HEADERS) {
      for (const [file, bytes] of [
        ["bad.nii", crafted(change)],
        ["bad.nii.gz", gzipSync(crafted(change))],
      ] as const) {
        const path = await stored(dir, file, bytes);
        await assert.rejects(readNifti(path), coded(code, says), `${name}, ${file}`);
      }
    }
  });
});

test("a file that is cut off is named as truncated, wherever the cut is", async () => {
  await inFolder(async (dir) => {
    const whole = crafted();
    const packed = gzipSync(whole);
    for (const length of [10, 347, 350, whole.length - 1]) {
      const code = length < 4 ? "NIFTI_NOT_NIFTI" : "NIFTI_TRUNCATED";
      await assert.rejects(readNifti(await stored(dir, "a.nii", whole.subarray(0, length))), coded(code));
    }
    for (const length of [20, Math.floor(packed.length / 2), packed.length - 4]) {
      const path = await stored(dir, "a.nii.gz", packed.subarray(0, length));
      await assert.rejects(readNifti(path), coded("NIFTI_TRUNCATED", /early/), `${length} of ${packed.length} bytes`);
    }
    const short = gzipSync(whole.subarray(0, whole.length - 2));
    await assert.rejects(readNifti(await stored(dir, "b.nii.gz", short)), coded("NIFTI_TRUNCATED", /46 of the 48/));
  });
});

test("damaged gzip data and a wrong checksum are corrupt, text is no NIfTI", async () => {
  await inFolder(async (dir) => {
    const packed = gzipSync(crafted());
    const checksum = Buffer.from(packed);
    checksum.writeUInt32LE(checksum.readUInt32LE(packed.length - 8) ^ 1, packed.length - 8);
    await assert.rejects(readNifti(await stored(dir, "a.nii.gz", checksum)), coded("NIFTI_CORRUPT"));
    const body = Buffer.from(packed);
    body.fill(0xff, 12, 30);
    await assert.rejects(readNifti(await stored(dir, "b.nii.gz", body)), coded("NIFTI_CORRUPT"));
    const text = Buffer.from("sub-01\tpatient\n".repeat(50));
    await assert.rejects(readNifti(await stored(dir, "c.nii", text)), coded("NIFTI_NOT_NIFTI"));
    await assert.rejects(readNifti(await stored(dir, "d.nii", Buffer.alloc(0))), coded("NIFTI_NOT_NIFTI"));
    // The second magic byte alone, which nifti-reader-js takes for gzip.
    await assert.rejects(readNifti(await stored(dir, "e.nii", Buffer.alloc(900, 0x8b))), coded("NIFTI_NOT_NIFTI"));
  });
});

test("a gzip bomb is refused without being inflated: padding is allowed, more is not", async () => {
  await inFolder(async (dir) => {
    const { trailing } = DEFAULT_NIFTI_LIMITS;
    const padded = gzipSync(Buffer.concat([crafted(), Buffer.alloc(trailing)]));
    await assert.doesNotReject(readNifti(await stored(dir, "padded.nii.gz", padded)));
    const over = gzipSync(Buffer.concat([crafted(), Buffer.alloc(trailing + 1)]));
    await assert.rejects(readNifti(await stored(dir, "over.nii.gz", over)), coded("NIFTI_OVERSIZED"));

    const bomb = await stored(dir, "bomb.nii.gz", gzipSync(Buffer.concat([crafted(), Buffer.alloc(2 ** 28)])));
    const before = process.memoryUsage().arrayBuffers;
    await assert.rejects(readNifti(bomb), coded("NIFTI_OVERSIZED"));
    assert.ok(process.memoryUsage().arrayBuffers - before < 2 ** 24, "far less memory than the bomb's 256 MiB");

    const plain = Buffer.concat([crafted(), Buffer.alloc(2 * trailing)]);
    await assert.rejects(readNifti(await stored(dir, "plain.nii", plain)), coded("NIFTI_OVERSIZED", /on the disk/));
  });
});

test("the bound on voxels holds on both of its sides", async () => {
  await inFolder(async (dir) => {
    const path = await stored(dir, "a.nii", crafted());
    const limits = { ...DEFAULT_NIFTI_LIMITS, voxels: 24 };
    await assert.doesNotReject(readNifti(path, { limits }));
    await assert.rejects(readNifti(path, { limits: { ...limits, voxels: 23 } }), coded("NIFTI_TOO_LARGE"));
  });
});

test("voxels that are not finite are counted, those beyond float32 included", async () => {
  const { encodeNifti } = await import("./write.js");
  await inFolder(async (dir) => {
    const grid = { size: [2, 2, 2] as const, affine: [2, 0, 0, 0, 0, 2, 0, 0, 0, 0, 2, 0] };
    const bytes = encodeNifti({ grid, data: [1, NaN, 2, Infinity, -Infinity, 0, 0, 0], type: "float32" });
    await assert.rejects(readNifti(await stored(dir, "a.nii", bytes)), coded("NIFTI_NON_FINITE", /3 voxels/));
    const scaled = crafted((header) => {
      header.setFloat32(112, 3e38, true);
    });
    await assert.rejects(readNifti(await stored(dir, "b.nii", scaled)), coded("NIFTI_NON_FINITE", /22 voxels/));
  });
});

test("a missing file, a folder and a file without permission say which they are", async (t) => {
  await inFolder(async (dir) => {
    await assert.rejects(readNifti(join(dir, "none.nii")), coded("FILE_UNREADABLE", /does not exist/));
    await mkdir(join(dir, "folder.nii"));
    await assert.rejects(readNifti(join(dir, "folder.nii")), coded("FILE_UNREADABLE", /not a file/));
    if (process.getuid?.() === 0) {
      t.diagnostic("runs as root, which may read everything: permissions are not tested");
      return;
    }
    const path = await stored(dir, "locked.nii", crafted());
    await chmod(path, 0);
    await assert.rejects(readNifti(path), coded("FILE_UNREADABLE", /this account/));
  });
});
