import assert from "node:assert/strict";
import { test } from "node:test";
import { seededRandom } from "@fedace/ace-core/foundation";
import { coded } from "./nifti/crafted.test.helper.js";
import { normaliseInto } from "./normalise.js";
import { Volume, type Voxels } from "./volume.js";

/** Values along one axis. */
function line<T extends Voxels>(data: T): Volume<T> {
  return new Volume({ size: [data.length, 1, 1], affine: [1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1, 0] }, data);
}

test("mean and deviation are exact for a small contrast on a large offset, and other channels are not touched", () => {
  const random = seededRandom(1);
  // Multiples of 1/64 around 2¹⁶ are exact in float32: the reference can work on what lies above the offset.
  const contrast = Float64Array.from({ length: 5000 }, () => Math.round(64 * random.normal()) / 64);
  const image = Float32Array.from(contrast, (value) => 65536 + value);
  const mask = Uint8Array.from(image, (_, v) => v % 3);
  const inside = contrast.filter((_, v) => v % 3 !== 0);
  const mean = inside.reduce((sum, value) => sum + value, 0) / inside.length;
  const deviation = Math.sqrt(inside.reduce((sum, value) => sum + (value - mean) ** 2, 0) / inside.length);
  const out = new Float32Array(2 * image.length);
  normaliseInto(out, line(image), line(mask), 1, 2, "image");
  contrast.forEach((value, v) => {
    assert.equal(out[2 * v], 0);
    const expected = v % 3 === 0 ? 0 : (value - mean) / deviation;
    assert.ok(Math.abs((out[2 * v + 1] ?? NaN) - expected) < 1e-6);
  });
});

test("a brain that is empty or of one value has no contrast to normalise", () => {
  const out = new Float32Array(8);
  const inside = new Uint8Array(8).fill(1);
  const run = (image: Float32Array, mask: Uint8Array) => () => {
    normaliseInto(out, line(image), line(mask), 0, 1, "sub-01_T1w");
  };
  assert.throws(run(new Float32Array(8).fill(1), new Uint8Array(8)), coded("CASE_BLANK", /sub-01_T1w.*no voxel/));
  assert.throws(run(new Float32Array(8).fill(1000.1), inside), coded("CASE_BLANK", /all 8 voxels/));
  assert.doesNotThrow(run(Float32Array.from([1000, 1000, 1000, 1000, 1000, 1000, 1000, 1000.01]), inside));
});
