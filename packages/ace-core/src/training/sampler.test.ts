import assert from "node:assert/strict";
import { test } from "node:test";
import { isFedaceError, seededRandom } from "../foundation/index.js";
import { labelSpace, resolveLabelMap } from "../labels/index.js";
import { AUGMENTATION, augment, mirror } from "./augment.js";
import { batchOf } from "./batch.js";
import type { Triple } from "./geometry.js";
import { splitHoldout } from "./holdout.js";
import { findPositions, positionsOf } from "./positions.js";
import { patchSampler } from "./sampler.js";
import { toyCase, toyTissue } from "./toy.test.helper.js";
import type { TrainingCase } from "./types.js";

/** χ² of counts that should be equal. */
function chiSquare(counts: readonly number[]): number {
  const mean = counts.reduce((a, b) => a + b) / counts.length;
  return counts.reduce((sum, count) => sum + (count - mean) ** 2 / mean, 0);
}

/** A case of the given labels in one row. */
function row(index: number, labels: readonly number[]): TrainingCase {
  const size: Triple = [1, 1, labels.length];
  return { index, size, channels: 1, image: new Float32Array(labels.length), labels: Uint8Array.from(labels) };
}

test("classes come with equal probability, then the cases that hold the class, then its voxels", () => {
  const cases = [row(0, [...Array<number>(90).fill(0), 1]), row(1, [0, 1, 1, 1, 2, 2]), row(2, [0, 0])];
  const sample = patchSampler(cases, toyTissue, [1, 1, 1], "by-class");
  const random = seededRandom(11);
  const draws = 30_000;
  const drawn = new Map<string, number>();
  const classes = [0, 0, 0];
  for (let i = 0; i < draws; i++) {
    const { item, origin } = sample(random);
    const label = item.labels[origin[2]] ?? 9;
    classes[label] = (classes[label] ?? 0) + 1;
    const key = `${label}/${item.index}/${label === 0 ? "" : origin[2]}`;
    drawn.set(key, (drawn.get(key) ?? 0) + 1);
  }
  // 99.9 % quantiles of χ² with 2 and 1 degrees of freedom: 13.8 and 10.8.
  assert.ok(chiSquare(classes) < 13.8);
  const of = (...keys: string[]): number[] => keys.map((key) => drawn.get(key) ?? 0);
  assert.ok(chiSquare(of("0/0/", "0/1/", "0/2/")) < 13.8, "background in each of three cases");
  const inSecond = of("1/1/1", "1/1/2", "1/1/3");
  assert.ok(chiSquare([of("1/0/90")[0] ?? 0, inSecond.reduce((a, b) => a + b)]) < 10.8);
  assert.ok(chiSquare(inSecond) < 13.8);
  assert.ok(chiSquare(of("2/1/4", "2/1/5")) < 10.8);
});

test("a patch holds the voxel it was drawn for, at every place in the patch alike, and stays inside the volume", () => {
  const labels = Array<number>(40).fill(0);
  labels[20] = 1;
  const map = { ...toyTissue, sets: [7, 2, 4] };
  const sample = patchSampler([row(0, labels)], map, [1, 1, 8], "by-class");
  const random = seededRandom(5);
  const places = Array<number>(8).fill(0);
  for (let i = 0; i < 8000; i++) {
    const place = 20 - sample(random).origin[2];
    places[place] = (places[place] ?? NaN) + 1;
  }
  assert.ok(chiSquare(places) < 24.3, "99.9 % quantile of χ² with 7 degrees of freedom");
});

test("patches never leave a volume that is large enough; a smaller one is in the middle", () => {
  const random = seededRandom(6);
  for (const sampling of ["by-class", "uniform"] as const) {
    for (const size of [
      [12, 13, 14],
      [8, 8, 8],
      [5, 20, 7],
    ] as Triple[]) {
      // prettier-ignore
      const sample = patchSampler([toyCase(1, size)], toyTissue, [8, 8, 8], sampling);
      const seen = [new Set<number>(), new Set<number>(), new Set<number>()];
      for (let i = 0; i < 2000; i++) {
        for (const [axis, start] of sample(random).origin.entries()) {
          const length = size[axis] ?? 0;
          if (length >= 8) assert.ok(start >= 0 && start + 8 <= length);
          else assert.equal(start, -Math.floor((8 - length) / 2));
          seen[axis]?.add(start);
        }
      }
      for (const [axis, starts] of seen.entries()) assert.equal(starts.size, Math.max(1, (size[axis] ?? 0) - 7));
    }
  }
});

test("voxels to ignore are never drawn for; an archive of nothing else, or of nothing, is refused", () => {
  const map = { ...toyTissue, sets: [1, 2, 4, 7] };
  const sample = patchSampler([row(0, [3, 3, 3, 3, 1, 3])], map, [1, 1, 1], "by-class");
  const random = seededRandom(1);
  for (let i = 0; i < 200; i++) assert.equal(sample(random).origin[2], 4);
  for (const cases of [[], [row(0, [3, 3])]]) {
    assert.throws(
      () => patchSampler(cases, map, [1, 1, 1], "by-class"),
      (error) => isFedaceError(error, "TRAINING_NO_CASES"),
    );
  }
});

test("positions are all voxels of a label, or a fair part of them, and are found once", () => {
  const item = toyCase(3);
  for (const [label, list] of positionsOf(item)) {
    assert.deepEqual(
      [...list],
      [...item.labels.keys()].filter((i) => item.labels[i] === label),
    );
  }
  assert.equal(positionsOf(item), positionsOf(item));
  const counts = Array<number>(20).fill(0);
  for (let index = 0; index < 3000; index++) {
    const list = findPositions(row(index, Array<number>(20).fill(4)), 5).get(4) ?? [];
    assert.equal(list.length, 5);
    for (const voxel of list) counts[voxel] = (counts[voxel] ?? 0) + 1;
  }
  assert.ok(chiSquare(counts) < 43.8, "99.9 % quantile of χ² with 19 degrees of freedom");
});

test("the same seed draws the same batch; what is outside of the volume is zero and marked as padding", () => {
  const item = toyCase(0, [5, 6, 14]);
  const sampler = patchSampler([item], toyTissue, [8, 8, 8], "by-class");
  const sizes = { size: 3, patch: [8, 8, 8] as const, channels: 1, padding: 3, images: 1 };
  const init = { sampler, ...sizes, augmentation: true, intensity: "mild", dropInputs: 0 } as const;
  const [a, b] = [batchOf(init), batchOf(init)];
  a.fill(seededRandom(8));
  b.fill(seededRandom(9));
  assert.notDeepEqual(a, b);
  b.fill(seededRandom(8));
  assert.deepEqual(a.images, b.images);
  assert.deepEqual(a.labels, b.labels);
  assert.equal(a.labels.filter((label) => label === 3).length, 3 * (512 - 5 * 6 * 8));
  assert.ok(a.labels.every((label, i) => label !== 3 || a.images[i] === 0));
});

test("mirroring is left to right only, keeps channels together, and twice is nothing", () => {
  const values = Float32Array.from({ length: 2 * 1 * 3 * 2 }, (_, i) => i);
  mirror(values, [2, 1, 3], 2);
  assert.deepEqual([...values], [4, 5, 2, 3, 0, 1, 10, 11, 8, 9, 6, 7]);
  mirror(values, [2, 1, 3], 2);
  assert.deepEqual([...values], [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11]);
});

test("augmentation mirrors image and labels alike, leaves the background 0, and keeps the order of intensities", () => {
  const random = seededRandom(4);
  const size: Triple = [4, 4, 6];
  let flips = 0;
  const scales: number[] = [];
  for (let i = 0; i < 400; i++) {
    const labels = Int32Array.from({ length: 96 }, (_, v) => v);
    const original = Float32Array.from(labels, (v) => (v % 5 === 0 ? 0 : v / 20 - 2));
    const image = Float32Array.from(original);
    augment(image, labels, size, random);
    flips += labels[0] === 0 ? 0 : 1;
    const pairs = [...labels].map((voxel, v): [number, number] => [original[voxel] ?? 0, image[v] ?? 0]);
    for (const [before, after] of pairs) assert.equal(after === 0, before === 0);
    const brain = pairs.filter(([before]) => before !== 0).sort((a, b) => a[0] - b[0]);
    for (const [j, [, after]] of brain.slice(1).entries()) assert.ok(after > (brain[j]?.[1] ?? 0));
    const [low = [0, 0], high = [0, 0]] = [brain[0], brain.at(-1)];
    scales.push((high[1] - low[1]) / (high[0] - low[0]));
  }
  assert.ok(Math.abs(flips / 400 - AUGMENTATION.flip) < 0.08);
  assert.ok(Math.min(...scales) > 0.9 - 1e-5 && Math.max(...scales) < 1.1 + 1e-5);
  assert.ok(Math.max(...scales) - Math.min(...scales) > 0.18);
});

/** Cases of one row of voxels each, of which the first `volumes[i]` are lesion. */
function lesionCases(volumes: readonly number[]): TrainingCase[] {
  return volumes.map((volume, index) => ({
    index,
    size: [1, 1, 40],
    channels: 1,
    image: new Float32Array(40),
    labels: Uint8Array.from({ length: 40 }, (_, v) => (v < volume ? 1 : 0)),
  }));
}

test("held-back cases are a share in whole cases, and two are always left to train on", () => {
  const map = resolveLabelMap({ kind: "lesion" }, labelSpace(["background", "CSF", "GM", "WM", "lesion"]));
  const cases = (n: number): TrainingCase[] => lesionCases(Array.from({ length: n }, (_, i) => i));
  const sizes = [0, 1, 2, 3, 4, 6, 8, 20].map((n) => splitHoldout(cases(n), map, 0.15, 1).heldBack.length);
  assert.deepEqual(sizes, [0, 1, 1, 1, 1, 1, 1, 3]);
  assert.equal(splitHoldout(cases(4), map, 0.01, 1).heldBack.length, 1, "every class that is annotated is scored");
  assert.equal(splitHoldout(cases(5), map, 0.5, 1).heldBack.length, 3);
  for (const n of [1, 3, 8]) {
    const { training, heldBack } = splitHoldout(cases(n), map, 0, 1);
    assert.deepEqual([training.length, heldBack.length], [n, 0]);
  }
  const twenty = cases(20);
  const { training, heldBack } = splitHoldout(twenty, map, 0.15, 1);
  assert.deepEqual(
    [...training, ...heldBack].sort((a, b) => a.index - b.index),
    twenty,
  );
});

test("held-back cases are those of middling foreground volume, in whatever order the archive has them", () => {
  const map = resolveLabelMap({ kind: "lesion" }, labelSpace(["background", "CSF", "GM", "WM", "lesion"]));
  const volumes = (share: number, of: readonly number[]): number[] =>
    splitHoldout(lesionCases(of), map, share, 1)
      .heldBack.map(({ labels }) => labels.reduce((sum, label) => sum + label, 0))
      .sort((a, b) => a - b);
  assert.deepEqual(volumes(0.2, [30, 1, 7, 2, 9]), [7]);
  assert.deepEqual(volumes(0.2, [2, 9, 30, 7, 1]), [7]);
  assert.deepEqual(volumes(0.3, [0, 1, 2, 3, 4, 5, 6, 7, 8, 9]), [1, 5, 8]);
});

test("of two or three cases another one is kept back each round; a single one is trained on and scored", () => {
  const map = resolveLabelMap({ kind: "lesion" }, labelSpace(["background", "CSF", "GM", "WM", "lesion"]));
  const three = lesionCases([5, 1, 9]);
  const kept = [1, 2, 3, 4].map((round) => splitHoldout(three, map, 0.15, round));
  assert.equal(
    new Set(kept.slice(0, 3).map(({ heldBack: [only] }) => only)).size,
    3,
    "each comes once in three rounds",
  );
  assert.deepEqual(kept[3], kept[0]);
  for (const { training, heldBack } of kept) assert.deepEqual([training.length, heldBack.length], [2, 1]);
  const [one] = three;
  assert.ok(one !== undefined);
  assert.deepEqual(splitHoldout([one], map, 0.15, 3), { training: [one], heldBack: [one] });
});
