import assert from "node:assert/strict";
import { test } from "node:test";
import { seededRandom } from "../foundation/index.js";
import { APPEARANCE, randomAppearance, toneCurve } from "./appearance.js";
import { augment } from "./augment.js";
import type { Triple } from "./geometry.js";

const size: Triple = [4, 6, 8];
const count = 4 * 6 * 8;

test("a tone curve rises, keeps -4, 4 and what lies beyond, and has the slopes that it was given", () => {
  const curve = toneCurve([1, 3]);
  // Mean slope 2: half and one and a half; -4 + .5 × 4 = -2 in the middle.
  assert.deepEqual([-9, -4, -2, 0, 2, 4, 9].map(curve), [-9, -4, -3, -2, 1, 4, 9]);
  const same = toneCurve([0.7, 0.7, 0.7, 0.7]);
  for (const value of [-3.3, -1, 0, 0.4, 2.9]) assert.ok(Math.abs(same(value) - value) < 1e-12);
});

test("without noise, a strong appearance is a rising curve of the value plus a field of the place alone", () => {
  let quiet = 0;
  for (let seed = 0; seed < 40; seed++) {
    const { at } = randomAppearance(size, seededRandom(seed));
    if (at(1, 0, 0, 0) !== at(1, 0, 0, 0)) continue;
    quiet++;
    const field = (z: number, y: number, x: number): number => at(9, z, y, x) - 9;
    for (const value of [-2, 0, 1.5]) {
      const curve = at(value, 0, 0, 0) - field(0, 0, 0);
      assert.ok(Math.abs(at(value, 3, 2, 7) - field(3, 2, 7) - curve) < 1e-9, "the field does not depend on the value");
    }
    assert.ok(at(-1, 1, 1, 1) < at(0, 1, 1, 1) && at(0, 1, 1, 1) < at(1, 1, 1, 1));
    // Six terms, each at most its coefficient.
    for (const [z, y, x] of [[0, 0, 0], [3, 5, 7], [2, 3, 4]] as const) assert.ok(Math.abs(field(z, y, x)) <= 6 * APPEARANCE.field); // prettier-ignore
  }
  assert.ok(quiet > 10 && quiet < 30, `${quiet} of 40 without noise`);
});

test("strong augmentation changes every image by itself, leaves 0 outside the brain and planes that say what is there", () => {
  const labels = new Int32Array(count);
  // Two images and their planes; every fifth voxel is outside of the brain.
  const original = Float32Array.from({ length: 4 * count }, (_, i) => {
    const [voxel, channel] = [Math.floor(i / 4), i % 4];
    if (voxel % 5 === 0) return 0;
    return channel < 2 ? Math.sin(voxel) : 1;
  });
  const looks = (intensity: "mild" | "strong"): Float32Array => {
    const image = Float32Array.from(original);
    // A seed by which the patch is not mirrored.
    augment(image, labels, size, seededRandom(1), 2, intensity);
    return image;
  };
  const [mild, strong] = [looks("mild"), looks("strong")];
  let [differences, between] = [0, 0];
  for (let voxel = 0; voxel < count; voxel++) {
    const [a = 0, b = 0, ...planes] = strong.subarray(4 * voxel, 4 * voxel + 4);
    const outside = original[4 * voxel + 2] === 0;
    assert.deepEqual(planes, outside ? [0, 0] : [1, 1]);
    if (outside) assert.deepEqual([a, b], [0, 0]);
    differences += Math.abs(a - (mild[4 * voxel] ?? 0));
    between += Math.abs(a - b);
  }
  assert.ok(differences / count > 0.05 && between / count > 0.05);
});
