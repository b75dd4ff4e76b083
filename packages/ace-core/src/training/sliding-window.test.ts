import assert from "node:assert/strict";
import { test } from "node:test";
import { seededRandom } from "../foundation/index.js";
import { argmax, slidingWindow } from "./index.js";
import type { SlidingWindowInput, Triple } from "./index.js";
import { boundingBox, copyBox, voxels } from "./geometry.js";
import { gaussianWindow, windowStarts } from "./windows.js";

/** A network that knows each voxel by itself: class 1 with the probability that the image's value says. */
const voxelwise: SlidingWindowInput["forward"] = (windows) =>
  Promise.resolve(Float32Array.from({ length: windows.length * 2 }, (_, i) => Math.abs((1 - (i % 2)) - (windows[i >> 1] ?? 0)))); // prettier-ignore

function noise(size: Triple): Float32Array {
  const random = seededRandom(3);
  return Float32Array.from({ length: voxels(size) }, () => 0.01 + 0.98 * random.uniform());
}

const near = (a: number | undefined, b: number | undefined): boolean => Math.abs((a ?? NaN) - (b ?? NaN)) < 1e-6;

test("a voxelwise network gives its own answer for every volume size, window, overlap and batch", async () => {
  for (const size of [
    [5, 6, 7],
    [3, 9, 2],
    [8, 4, 4],
    [1, 1, 1],
  ] as Triple[]) {
    // prettier-ignore
    const image = noise(size);
    for (const patch of [
      [4, 4, 4],
      [8, 2, 4],
    ] as Triple[]) {
      // prettier-ignore
      for (const overlap of [0, 0.3, 0.5, 0.9]) {
        for (const batch of [1, 3]) {
          const input = { image, size, channels: 1, classes: 2, patch, overlap, batch, forward: voxelwise };
          const result = await slidingWindow(input);
          assert.equal(result.length, image.length * 2);
          for (const [i, value] of image.entries()) assert.ok(near(result[2 * i + 1], value), `${size.join()} ${patch.join()} ${i}`);
        }
      }
    }
  }
});

test("windows of different opinion are averaged by their Gaussian weights", async () => {
  let call = 0;
  const result = await slidingWindow({
    image: new Float32Array(6).fill(1),
    size: [1, 1, 6],
    channels: 1,
    classes: 2,
    patch: [1, 1, 4],
    overlap: 0.5,
    forward: () => Promise.resolve(Float32Array.from({ length: 8 }, (_, i) => (i % 2 === call ? 1 : 0))).finally(() => call++), // prettier-ignore
  });
  const [edge, middle] = [Math.exp(-0.5 * 3 ** 2), Math.exp(-0.5)];
  assert.ok(near(result[2 * 1 + 0], 1), "only the first window");
  assert.ok(near(result[2 * 2 + 0], middle / (middle + edge)));
  assert.ok(near(result[2 * 3 + 0], edge / (middle + edge)));
  assert.ok(near(result[2 * 4 + 1], 1), "only the second window");
});

test("only windows with anything in them are looked at; the rest of the volume is background", async () => {
  const size: Triple = [16, 16, 40];
  const image = new Float32Array(voxels(size));
  for (const x of [2, 37]) image[(8 * 16 + 8) * 40 + x] = 1;
  const seen: [number, number][] = [];
  const result = await slidingWindow({
    image,
    size,
    channels: 1,
    classes: 2,
    patch: [4, 4, 4],
    forward: (windows, count) => {
      assert.ok(windows.some((value) => value !== 0));
      return voxelwise(windows, count);
    },
    onProgress: (done, of) => seen.push([done, of]),
  });
  assert.equal(seen.length, 2);
  assert.deepEqual(seen.at(-1), [2, 2]);
  const labels = argmax(result, 2);
  assert.equal(labels.reduce((a, b) => a + b), 2); // prettier-ignore
  assert.equal(result[0], 1);
  const empty = await slidingWindow({ image: new Float32Array(8), size: [2, 2, 2], channels: 1, classes: 2, patch: [2, 2, 2], forward: () => Promise.reject(new Error("looked")) }); // prettier-ignore
  assert.deepEqual(argmax(empty, 2), new Uint8Array(8));
});

test("inference stops between two forward passes", async () => {
  const abort = new AbortController();
  let passes = 0;
  const input: SlidingWindowInput = {
    image: new Float32Array(64).fill(1),
    size: [4, 4, 4],
    channels: 1,
    classes: 2,
    patch: [2, 2, 2],
    signal: abort.signal,
    forward: (windows, count) => {
      passes++;
      abort.abort();
      return voxelwise(windows, count);
    },
  };
  await assert.rejects(slidingWindow(input), { name: "AbortError" });
  assert.equal(passes, 1);
});

test("windows cover the brain, stay inside the volume, and overlap by no less than asked", () => {
  for (let length = 1; length < 40; length++) {
    for (const [from, extent] of [
      [0, length],
      [Math.floor(length / 3), Math.ceil(length / 3)],
    ] as const) {
      // prettier-ignore
      for (const window of [1, 4, 16]) {
        for (const overlap of [0, 0.5, 0.75]) {
          const starts = windowStarts(length, from, extent, window, overlap);
          for (const start of starts) assert.ok(window > length || (start >= 0 && start + window <= length));
          assert.ok((starts[0] ?? NaN) <= from && (starts.at(-1) ?? NaN) + window >= from + extent);
          for (const [i, start] of starts.slice(1).entries()) {
            assert.ok(start - (starts[i] ?? NaN) <= Math.max(1, Math.ceil(window * (1 - overlap))));
          }
        }
      }
    }
  }
});

test("the Gaussian is symmetric, σ is an eighth of a side, and no weight is lost in float32", () => {
  const weights = gaussianWindow([32, 1, 16]);
  assert.ok(Math.abs((weights[0] ?? 0) / Math.exp(-0.5 * (15.5 / 4) ** 2 - 0.5 * (7.5 / 2) ** 2) - 1) < 1e-6);
  assert.ok(weights.every((value) => value > 0));
  assert.deepEqual([...weights].reverse(), [...weights]);
});

test("a box is copied from anywhere, also across the volume's border; the brain's box is the smallest", () => {
  const data = Float32Array.from({ length: 24 }, (_, i) => i + 1);
  const volume = { size: [2, 2, 3] as const, channels: 2, data };
  const target = new Float32Array(2 * 2 * 2 * 2).fill(-1);
  copyBox(volume, [-1, 1, 2], [2, 2, 2], target);
  assert.deepEqual([...target], [-1, -1, -1, -1, -1, -1, -1, -1, 11, 12, -1, -1, -1, -1, -1, -1]);
  copyBox(volume, [5, 5, 5], [2, 2, 2], target);
  const sparse = { ...volume, data: new Float32Array(24) };
  assert.equal(boundingBox(sparse), undefined);
  sparse.data[(1 * 2 + 0) * 6 + 3] = -2;
  sparse.data[(1 * 2 + 1) * 6 + 4] = Number.NaN;
  assert.deepEqual(boundingBox(sparse), { origin: [1, 0, 1], size: [1, 2, 2] });
});
