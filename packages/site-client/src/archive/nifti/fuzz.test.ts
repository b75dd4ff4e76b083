import assert from "node:assert/strict";
import { test } from "node:test";
import { gzipSync } from "node:zlib";
import { isFedaceError, seededRandom } from "@fedace/ace-core/foundation";
import { fixture, inFolder, stored } from "./crafted.test.helper.js";
import { parseHeader } from "./header.js";
import { DEFAULT_LIMITS } from "../limits.js";
import { readNifti } from "./read.js";

const MUTANTS = 20_000;
const FILES = 150;

/** Well-formed files of both versions and byte orders, each with some bytes of its header replaced. */
async function mutants(count: number, seed: number): Promise<Uint8Array[]> {
  const files = (await fixture<{ readonly bytes: string }>("nifti.json")).map(({ bytes }) =>
    Buffer.from(bytes, "base64"),
  );
  const random = seededRandom(seed);
  return Array.from({ length: count }, () => {
    const bytes = Uint8Array.from(files[random.integer(files.length)] ?? []);
    const changes = 1 + random.integer(4);
    for (let n = 0; n < changes; n++) bytes[random.integer(Math.min(bytes.length, 544))] = random.integer(256);
    return bytes;
  });
}

test("a header with arbitrary bytes in it is either within all bounds or refused with a code", async () => {
  let accepted = 0;
  for (const bytes of await mutants(MUTANTS, 1)) {
    try {
      const { grid, offset, slope, intercept } = parseHeader(bytes, "mutant");
      const [x, y, z] = grid.size;
      assert.ok(x >= 1 && y >= 1 && z >= 1 && x * y * z <= DEFAULT_LIMITS.voxels);
      assert.ok(offset >= 352 && offset <= 544 + DEFAULT_LIMITS.extensions);
      assert.ok([...grid.affine, slope, intercept].every(Number.isFinite) && slope !== 0);
      accepted++;
    } catch (error) {
      if (!isFedaceError(error)) throw error;
    }
  }
  assert.ok(accepted > MUTANTS / 4 && accepted < MUTANTS, `${accepted} of ${MUTANTS} are still images`);
});

test("a file with arbitrary bytes in it is read or refused with a code, compressed or not", async () => {
  await inFolder(async (dir) => {
    const random = seededRandom(2);
    for (const bytes of await mutants(FILES, 3)) {
      const packed = gzipSync(bytes);
      packed[random.integer(packed.length)] = random.integer(256);
      for (const content of [bytes, packed, packed.subarray(0, random.integer(packed.length))]) {
        await readNifti(await stored(dir, "mutant.nii", content)).catch((error: unknown) => {
          if (!isFedaceError(error)) throw error;
        });
      }
    }
  });
});
