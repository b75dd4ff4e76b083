import assert from "node:assert/strict";
import { test } from "node:test";
import { seededRandom } from "../foundation/index.js";
import { labelSpace, resolveLabelMap } from "../labels/index.js";
import { augment } from "./augment.js";
import { batchOf } from "./batch.js";
import { patchSampler } from "./sampler.js";
import type { TrainingCase } from "./types.js";

const SIDE = 8;
const map = resolveLabelMap({ values: { "0": ["background"], "1": ["x"] } }, labelSpace(["background", "x"]));

/** Two images of one head with the planes that say which is there; outside of the brain everything is 0. */
function head(there: readonly [boolean, boolean]): TrainingCase {
  const random = seededRandom(3);
  const image = new Float32Array(SIDE ** 3 * 4);
  for (let voxel = 0; voxel < SIDE ** 3; voxel++) {
    if (voxel % SIDE < 2) continue;
    for (const [c, is] of there.entries()) {
      if (!is) continue;
      image[voxel * 4 + c] = random.normal();
      image[voxel * 4 + 2 + c] = 1;
    }
  }
  const labels = Uint8Array.from({ length: SIDE ** 3 }, (_, voxel) => Number(voxel % SIDE > 4));
  return { index: 0, size: [SIDE, SIDE, SIDE], channels: 4, image, labels };
}

/** Which of the two images each patch of a batch has, by its values and by its planes. */
function present(images: Float32Array): string[] {
  const patches: string[] = [];
  const length = SIDE ** 3 * 4;
  for (let at = 0; at < images.length; at += length) {
    const patch = images.subarray(at, at + length);
    const has = [0, 1, 2, 3].map((c) => patch.some((value, i) => i % 4 === c && value !== 0));
    assert.deepEqual(has.slice(0, 2), has.slice(2), "a plane is there with its image and goes with it");
    patches.push(has.slice(0, 2).map(Number).join(""));
  }
  return patches;
}

function drawn(there: readonly [boolean, boolean], dropInputs: number, augmentation = true): Float32Array {
  const patch = [SIDE, SIDE, SIDE] as const;
  const sampler = patchSampler([head(there)], map, patch, "uniform");
  const batch = batchOf({
    sampler,
    size: 400,
    patch,
    channels: 4,
    padding: 2,
    augmentation,
    intensity: "mild",
    images: 2,
    dropInputs,
  });
  batch.fill(seededRandom(1));
  return batch.images;
}

test("of two images one is left out as often as the plan says, either equally often, and never both", () => {
  const patches = present(drawn([true, true], 0.3));
  const count = (which: string): number => patches.filter((one) => one === which).length;
  assert.equal(count("00"), 0);
  // 400 patches at .3: mean 120, four standard deviations of the binomial are 37; of the halves, 60 ± 28.
  assert.ok(Math.abs(400 - count("11") - 120) < 37, `${400 - count("11")}`);
  assert.ok(Math.abs(count("01") - 60) < 28 && Math.abs(count("10") - 60) < 28, `${count("01")} ${count("10")}`);
  assert.deepEqual(new Set(present(drawn([true, true], 0))), new Set(["11"]));
});

test("the only image that a case has is never left out", () => {
  assert.deepEqual(new Set(present(drawn([true, false], 0.9))), new Set(["10"]));
});

test("augmentation changes the images and nothing else: a missing one stays 0, planes stay 1", () => {
  const { image, labels } = head([false, true]);
  const before = Float32Array.from(image);
  for (let seed = 0; seed < 20; seed++)
    augment(image, Int32Array.from(labels), [SIDE, SIDE, SIDE], seededRandom(seed), 2);
  const planes = (values: Float32Array): number[] => [...values].filter((_, i) => i % 4 !== 1);
  const sum = (values: readonly number[]): number => values.reduce((total, value) => total + value, 0);
  assert.equal(sum(planes(image)), sum(planes(before)), "mirrored, but the same voxels");
  assert.ok(planes(image).every((value) => value === 0 || value === 1));
  assert.ok(image.some((value, i) => i % 4 === 1 && value !== before[i]));
});
