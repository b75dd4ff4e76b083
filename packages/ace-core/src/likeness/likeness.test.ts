import assert from "node:assert/strict";
import { test } from "node:test";
import { seededRandom } from "../foundation/index.js";
import { imageFiguresSchema } from "../protocol/index.js";
import { caseFigures, countDistinct, imageDoubts, poolImages } from "./index.js";
import type { PreparedHead } from "./index.js";

const SIDE = 24;
const INPUTS = ["T1w", "FLAIR"];
/** Brightness of CSF, GM and WM. */
const T1W = [0.2, 0.6, 1];
const FLAIR = [0.1, 1, 0.8];

/** Tissues of a head: a ball whose folds lie elsewhere in each. */
function tissues(seed: number): Uint8Array {
  const random = seededRandom(seed);
  const [a, b, c] = [random.uniform(), random.uniform(), random.uniform()].map((r) => 6 * r) as [
    number,
    number,
    number,
  ];
  return Uint8Array.from({ length: SIDE ** 3 }, (_, voxel) => {
    const [x, y, z] = [voxel % SIDE, Math.floor(voxel / SIDE) % SIDE, Math.floor(voxel / SIDE ** 2)];
    const radius = Math.hypot(x - 11.5, y - 11.5, z - 11.5);
    const fold = Math.sin(x + a) + Math.sin(y + b) + Math.sin(z + c);
    return radius > 11 ? 0 : fold > 1 ? 1 : fold > -0.3 ? 2 : 3;
  });
}

/** One image of it, with noise. */
function painted(head: Uint8Array, contrast: readonly number[], seed: number): Float32Array {
  const random = seededRandom(seed);
  return Float32Array.from(
    head,
    (tissue) => (contrast[tissue - 1] ?? 0) + 0.1 * (random.uniform() + random.uniform() - 1),
  );
}

function prepared(inside: Uint8Array, images: readonly Float32Array[]): PreparedHead {
  const image = new Float32Array(inside.length * images.length);
  for (const [channel, data] of images.entries()) {
    const brain = data.filter((_, voxel) => inside[voxel] !== 0);
    const mean = brain.reduce((sum, value) => sum + value, 0) / brain.length;
    const deviation = Math.sqrt(brain.reduce((sum, value) => sum + (value - mean) ** 2, 0) / brain.length);
    data.forEach((value, voxel) => {
      if (inside[voxel] !== 0) image[voxel * images.length + channel] = (value - mean) / deviation;
    });
  }
  const distinct = images.map((data) => countDistinct(data, inside));
  return {
    inputs: INPUTS,
    image,
    inside: inside.map(Math.sign),
    size: [SIDE, SIDE, SIDE],
    spacing: [2, 2, 2],
    distinct,
  };
}

const heads = [1, 2, 3, 4].map(tissues);
const t1w = heads.map((head, i) => painted(head, T1W, 10 + i));
const flair = heads.map((head, i) => painted(head, FLAIR, 20 + i));
const figuresOf = (head: number, first: Float32Array | undefined, second: Float32Array | undefined) =>
  caseFigures(prepared(heads[head] ?? new Uint8Array(), [first ?? new Float32Array(), second ?? new Float32Array()]));
const known = poolImages([0, 1, 2].map((i) => figuresOf(i, t1w[i], flair[i])));
const doubts = (first: Float32Array | undefined, second: Float32Array | undefined): string[] =>
  imageDoubts(figuresOf(3, first, second), known, "the others");

test("the right images of a head that was never seen raise no doubt", () => {
  assert.deepEqual(doubts(t1w[3], flair[3]), []);
});

test("swapped images, another head's and a label image are told, each by its cause", () => {
  assert.match(doubts(flair[3], t1w[3]).join(), /^T1w and FLAIR seem to be swapped: .* the others by -1\.00/);
  assert.match(doubts(t1w[3], flair[0]).join(), /^T1w and FLAIR do not seem to be of one head.* \d+ % as much/);
  const labels = Float32Array.from(heads[3] ?? []);
  assert.match(
    doubts(labels, flair[3]).join(),
    /^T1w has only 3 different values .*the others: about 4096.*label image/,
  );
});

test("where nothing is known of others, a label image alone is told", () => {
  const labels = Float32Array.from(heads[3] ?? []);
  assert.deepEqual(imageDoubts(figuresOf(3, flair[3], t1w[0]), undefined, "the others"), []);
  assert.match(
    imageDoubts(figuresOf(3, labels, flair[3]), undefined, "the others").join(),
    /^T1w has only 3 different/,
  );
});

test("two images that are one have its entropy in common, two that are independent nothing", () => {
  // Checkerboards of one voxel: equal ones share ln 2, and moved by one voxel (4 mm) of any axis they still do.
  const inside = new Uint8Array(SIDE ** 3).fill(1);
  const stripes = (every: number): Float32Array => Float32Array.from(inside, (_, v) => Math.floor(v / every) % 2);
  const same = caseFigures({ ...prepared(inside, [stripes(1), stripes(1)]), spacing: [4, 4, 4] }).pairs[0];
  assert.ok(Math.abs(same?.together ?? 1) < 0.01);
  assert.equal(same?.joint[6 * 16 + 6], 5000);
  assert.equal(same.joint[10 * 16 + 10], 5000);
  const independent = caseFigures(prepared(inside, [stripes(1), stripes(SIDE)])).pairs[0];
  assert.deepEqual(independent?.joint.filter((share) => share > 0), [2500, 2500, 2500, 2500]); // prettier-ignore
});

test("figures are pooled by their cases, and are as the protocol has them", () => {
  const joint = (bin: number): number[] => Array.from({ length: 256 }, (_, at) => (at === bin ? 10_000 : 0));
  const part = (cases: number, bits: number, together: number, bin: number) => ({
    distinct: { T1w: { cases, bits } },
    pairs: [{ inputs: ["T1w", "FLAIR"] as [string, string], cases, together, joint: joint(bin) }],
  });
  const pooled = poolImages([part(3, 8, 0.4, 0), part(1, 12, 0.8, 1)]);
  assert.deepEqual(pooled?.distinct, { T1w: { cases: 4, bits: 9 } });
  assert.deepEqual(pooled.pairs[0]?.joint.slice(0, 3), [7500, 2500, 0]);
  assert.ok(Math.abs(pooled.pairs[0].together - 0.5) < 1e-12);
  assert.deepEqual(imageFiguresSchema.parse(pooled), pooled);
  assert.ok(imageFiguresSchema.safeParse(figuresOf(0, t1w[0], flair[0])).success);
  assert.equal(poolImages([]), undefined);
});

test("a brain of few voxels tells nothing", () => {
  const inside = new Uint8Array(SIDE ** 3).fill(1, 0, 499);
  const image = Float32Array.from(inside, (_, voxel) => voxel % 3);
  assert.deepEqual(caseFigures(prepared(inside, [image, image])), { distinct: {}, pairs: [] });
});
