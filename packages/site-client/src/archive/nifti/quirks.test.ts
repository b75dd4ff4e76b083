import assert from "node:assert/strict";
import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";
import { gzipSync } from "node:zlib";
import { coded, crafted, inFolder, stored } from "./crafted.test.helper.js";
import { readNifti } from "./read.js";
import type { NiftiImage } from "./read.js";

const PLAIN = [2, 0, 0, -3, 0, 2, 0, -2, 0, 0, 2, -1];

async function read(dir: string, change: (header: DataView) => void): Promise<NiftiImage> {
  return readNifti(await stored(dir, "a.nii", crafted(change)));
}

test("a unit that makes sizes no head can have gives way to millimetres, with a note", async () => {
  await inFolder(async (dir) => {
    for (const [code, name] of [
      [1, "metres"],
      [3, "micrometres"],
    ] as const) {
      const { grid, header } = await read(dir, (bytes) => {
        bytes.setUint8(123, code);
      });
      assert.deepEqual(grid.affine, PLAIN);
      assert.equal(header.notes.length, 1);
      assert.match(header.notes[0] ?? "", new RegExp(`says ${name}.*millimetres only`));
      assert.equal(header.placement, undefined, "what is written beside it is in millimetres");
    }
  });
});

test("a fourth axis of length 0 is none, with a note", async () => {
  await inFolder(async (dir) => {
    const { grid, header } = await read(dir, (bytes) => {
      bytes.setInt16(40, 4, true);
      bytes.setInt16(48, 0, true);
    });
    assert.deepEqual(grid.size, [4, 3, 2]);
    assert.match(header.notes.join(), /4 axes \(4 × 3 × 2 × 0\); three are taken/);
  });
});

test("a singular sform gives way to a good qform, whatever the qform's code, with a note", async () => {
  await inFolder(async (dir) => {
    for (const code of [0, 1]) {
      const { grid, header } = await read(dir, (bytes) => {
        bytes.setInt16(252, code, true);
        [-3, -2, -1].forEach((mm, axis) => {
          bytes.setFloat32(268 + 4 * axis, mm, true);
        });
        for (let at = 280; at < 328; at += 4) bytes.setFloat32(at, 0, true);
      });
      assert.deepEqual(grid.affine, PLAIN);
      assert.equal(header.affineFrom, "qform");
      assert.deepEqual(header.notes, ["its sform is singular; the qform is used"]);
    }
  });
});

test("an sform against the qform or the pixdim is noted where they contradict in side or size, not where they agree", async () => {
  await inFolder(async (dir) => {
    const notes = async (change: (header: DataView) => void): Promise<string> =>
      (await read(dir, change)).header.notes.join("; ");
    const quaternion = (bytes: DataView, c: number, shift: number): void => {
      bytes.setInt16(252, 1, true);
      bytes.setFloat32(260, c, true);
      bytes.setFloat32(268, shift, true);
    };
    // A turn by half around the second axis: left and right change places, and so do up and down.
    assert.match(await notes((bytes) => { quaternion(bytes, 1, 0); }), /sform runs RAS, its qform LAI/); // prettier-ignore
    assert.equal(await notes((bytes) => { quaternion(bytes, 0, 20); }), "", "another origin is no contradiction"); // prettier-ignore
    const size = (mm: number): Promise<string> => notes((bytes) => { bytes.setFloat32(80, mm, true); }); // prettier-ignore
    assert.match(await size(1), /voxels of 2 × 2 × 2, its pixdim of 1 × 2 × 2/);
    assert.equal(await size(2.01), "");
    assert.match(await size(2.05), /pixdim/);
  });
});

/** A NIfTI-1 image as its two halves. */
function halves(): { header: Uint8Array; voxels: Uint8Array } {
  const whole = crafted((header) => {
    header.setUint8(345, 0x69);
    header.setFloat32(108, 0, true);
  });
  return { header: whole.subarray(0, 348), voxels: whole.subarray(352) };
}

test("a pair of header and voxels is read, whichever is named, compressed or not, in any case", async () => {
  const { data } = await (async () => {
    let image: NiftiImage | undefined;
    await inFolder(async (dir) => {
      image = await read(dir, () => undefined);
    });
    return image ?? assert.fail();
  })();
  const { header, voxels } = halves();
  for (const [first, second, pack] of [
    ["a.hdr", "a.img", (bytes: Uint8Array) => bytes],
    ["a.HDR", "a.IMG", (bytes: Uint8Array) => bytes],
    ["a.hdr.gz", "a.img.gz", (bytes: Uint8Array) => gzipSync(bytes)],
  ] as const) {
    await inFolder(async (dir) => {
      await stored(dir, first, pack(header));
      await stored(dir, second, pack(voxels));
      for (const name of [first, second]) {
        const image = await readNifti(join(dir, name));
        assert.deepEqual(image.data, data);
        assert.deepEqual(image.grid.affine, PLAIN);
      }
    });
  }
});

test("half a pair, and a header of one file under a half's name, are refused by name", async () => {
  const { header, voxels } = halves();
  await inFolder(async (dir) => {
    await assert.rejects(readNifti(await stored(dir, "a.hdr", header)), coded("NIFTI_PAIR", /\.img is not beside it/));
    await mkdir(join(dir, "other"));
    const lone = stored(join(dir, "other"), "b.img", voxels);
    await assert.rejects(readNifti(await lone), coded("NIFTI_PAIR", /\.hdr is not beside it/));
    await stored(dir, "c.img", voxels);
    await assert.rejects(readNifti(await stored(dir, "c.hdr", crafted())), coded("NIFTI_PAIR", /in the same file/));
    await stored(dir, "d.hdr", header);
    const short = stored(dir, "d.img", voxels.subarray(0, 40));
    await assert.rejects(readNifti(await short), coded("NIFTI_TRUNCATED", /40 of the 48/));
  });
});
