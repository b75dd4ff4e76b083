import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";
import { gzipSync } from "node:zlib";
import { coded, crafted, inFolder, stored } from "./crafted.test.helper.js";
import { DEFAULT_LIMITS } from "../limits.js";
import { readNifti } from "./read.js";
import { encodeNifti } from "./write.js";

type Change = (header: DataView) => void;

const int16 =
  (...fields: readonly (readonly [number, number])[]): Change =>
  (header) => {
    for (const [at, value] of fields) header.setInt16(at, value, true);
  };
const float32 =
  (...fields: readonly (readonly [number, number])[]): Change =>
  (header) => {
    for (const [at, value] of fields) header.setFloat32(at, value, true);
  };
const byte =
  (at: number, value: number): Change =>
  (header) => {
    header.setUint8(at, value);
  };

const both =
  (one: Change, other: Change): Change =>
  (header) => {
    one(header);
    other(header);
  };

/** Where the fields of a NIfTI-1 header lie. */
const AT = { length: 0, dim: 40, type: 70, pixdim: 76, offset: 108, units: 123, srow: 280, magic: 344 } as const;

/** A header change, the code it must give, and what the message must say. */
const HEADERS: readonly (readonly [string, Change, string, RegExp])[] = [
  ["no length field", int16([AT.length, 0]), "NIFTI_NOT_NIFTI", /header/],
  ["Analyze 7.5, which has no magic", int16([AT.magic, 0]), "NIFTI_NOT_NIFTI", /magic/],
  ["the header of a pair", byte(AT.magic + 1, 0x69), "NIFTI_PAIR", /pair/],
  ["no axes", int16([AT.dim, 0]), "NIFTI_EMPTY", /no voxels/],
  ["an axis of length 0", int16([AT.dim + 4, 0]), "NIFTI_EMPTY", /4 × 0 × 2/],
  ["an axis of negative length", int16([AT.dim + 4, -3]), "NIFTI_HEADER", /4 × -3 × 2/],
  ["nine axes", int16([AT.dim, 9]), "NIFTI_HEADER", /9 axes/],
  ["two axes", int16([AT.dim, 2]), "NIFTI_DIMENSIONS", /2 dimensions/],
  ["a time series", int16([AT.dim, 4], [AT.dim + 8, 5]), "NIFTI_DIMENSIONS", /4 × 3 × 2 × 5/],
  ["30000³ voxels", int16([42, 30000], [44, 30000], [46, 30000]), "NIFTI_TOO_LARGE", /30000/],
  ["complex numbers", int16([AT.type, 32]), "NIFTI_DATATYPE", /32/],
  ["colours", int16([AT.type, 128]), "NIFTI_DATATYPE", /128/],
  ["128-bit floats", int16([AT.type, 1536]), "NIFTI_DATATYPE", /1536/],
  ["voxels inside the header", float32([AT.offset, 100]), "NIFTI_HEADER", /byte 100/],
  ["voxels at no number", float32([AT.offset, NaN]), "NIFTI_HEADER", /NaN/],
  ["16 MiB of extensions and more", float32([AT.offset, 352 + 2 ** 24 + 2]), "NIFTI_HEADER", /byte 16777570/],
  ["16 MiB of extensions that are not there", float32([AT.offset, 352 + 2 ** 24]), "NIFTI_TRUNCATED", /0 of|bytes/],
  ["an affine column of zeros and no qform", float32([AT.srow, 0], [AT.pixdim + 4, 0]), "NIFTI_AFFINE", /0\.00/],
  ["an affine that is no number", float32([AT.srow, NaN], [AT.pixdim + 4, 0]), "NIFTI_AFFINE", /NaN/],
  ["voxels of 50 metres", both(byte(AT.units, 1), float32([AT.srow, 50])), "NIFTI_AFFINE", /5\.00e\+4/],
  ["axes in one plane", float32([AT.srow + 20, 0], [AT.srow + 4, 2], [AT.pixdim + 4, 0]), "NIFTI_AFFINE", /one plane/],
  ["voxels just too fine", float32([AT.srow, 0.0499]), "NIFTI_AFFINE", /0\.0499/],
  ["voxels just too coarse", float32([AT.srow, 30.1]), "NIFTI_AFFINE", /30\.1/],
];

test("a header with an impossible field is refused with its own code, before any voxel is read", async () => {
  await inFolder(async (dir) => {
    for (const good of [int16(), float32([AT.srow, 0.0501]), float32([AT.srow, 30])]) {
      await assert.doesNotReject(readNifti(await stored(dir, "good.nii", crafted(good))));
    }
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
    const { trailing } = DEFAULT_LIMITS;
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
    const limits = { ...DEFAULT_LIMITS, voxels: 24 };
    await assert.doesNotReject(readNifti(path, { limits }));
    await assert.rejects(readNifti(path, { limits: { ...limits, voxels: 23 } }), coded("NIFTI_TOO_LARGE"));
  });
});

test("infinite voxels are counted, those beyond float32 included; NaN is for the caller to judge", async () => {
  await inFolder(async (dir) => {
    const grid = { size: [2, 2, 2] as const, affine: [2, 0, 0, 0, 0, 2, 0, 0, 0, 0, 2, 0] };
    const bytes = encodeNifti({ grid, data: [1, NaN, 2, Infinity, -Infinity, 0, 0, 0], type: "float32" });
    await assert.rejects(readNifti(await stored(dir, "a.nii", bytes)), coded("NIFTI_NON_FINITE", /2 voxels/));
    const scaled = crafted((header) => {
      header.setFloat32(112, 3e38, true);
    });
    await assert.rejects(readNifti(await stored(dir, "b.nii", scaled)), coded("NIFTI_NON_FINITE", /22 voxels/));
  });
});

test("a missing file, a folder and a pipe say which they are", async () => {
  await inFolder(async (dir) => {
    await assert.rejects(readNifti(join(dir, "none.nii")), coded("FILE_UNREADABLE", /does not exist/));
    await mkdir(join(dir, "folder.nii"));
    await assert.rejects(readNifti(join(dir, "folder.nii")), coded("FILE_UNREADABLE", /not a file/));
    if (process.platform !== "win32") {
      execFileSync("mkfifo", [join(dir, "pipe.nii")]);
      await assert.rejects(readNifti(join(dir, "pipe.nii")), coded("FILE_UNREADABLE", /not a file/));
    }
  });
});
