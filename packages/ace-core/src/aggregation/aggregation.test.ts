import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { isFedaceError, seededRandom } from "../foundation/index.js";
import type { TensorSpec } from "../tensors/index.js";
import {
  aggregate,
  aggregateChunk,
  aggregateHead,
  centreHead,
  checkUpdateStream,
  movingAverage,
  siteWeights,
} from "./index.js";
import type { AggregationInput, ValueReader } from "./index.js";

/** Made by NumPy, see generate.py beside it. */
const fixture = JSON.parse(
  readFileSync(new URL("../../fixtures/aggregation/fedavg.json", import.meta.url), "utf8"),
) as { cases: number[]; annotated: number[][]; models: number[][]; average: number[]; annotating: number[] };
const specs: TensorSpec[] = [
  { name: "body.0", shape: [5, 7] },
  { name: "body.1", shape: [2] },
  { name: "head.weight", shape: [1, 1, 1, 4, 5] },
  { name: "head.bias", shape: [5] },
];
const models = fixture.models.map((values) => Float32Array.from(values));
const updates = fixture.cases.map((cases) => ({ cases, voxels: {} }));
const weights = siteWeights(updates, "cases");
const annotating = {
  mode: "annotating",
  weight: "head.weight",
  bias: "head.bias",
  annotated: fixture.annotated,
} as const;

function reader(values: Float32Array, longest: { length: number } = { length: 0 }): ValueReader {
  return {
    read: (offset, length) => {
      longest.length = Math.max(longest.length, length);
      return Promise.resolve(values.slice(offset, offset + length));
    },
  };
}

async function run(input: Partial<AggregationInput>): Promise<Float32Array> {
  const result = new Float32Array(62).fill(Number.NaN);
  let next = 0;
  const readers = models.map((values) => reader(values));
  await aggregate({ specs, readers, weights, head: { mode: "average" }, ...input }, (offset, values) => {
    assert.equal(offset, next, "written in ascending order without gaps");
    next += values.length;
    result.set(values, offset);
    return Promise.resolve();
  });
  assert.equal(next, result.length);
  return result;
}

/** NumPy sums in its own order: one unit in the last place of float32. */
function close(actual: Float32Array, expected: readonly number[]): void {
  assert.equal(actual.length, expected.length);
  for (const [i, value] of expected.entries()) {
    assert.ok(Math.abs((actual[i] ?? Number.NaN) - value) <= Math.abs(value) * 2 ** -23 + 1e-12, `value ${i}`);
  }
}

test("FedAvg by cases is NumPy's weighted average", async () => {
  close(await run({}), fixture.average);
});

test("classifier rows of annotating sites are NumPy's, the rest is FedAvg", async () => {
  close(await run({ head: annotating }), fixture.annotating);
});

test("the classifier may lie anywhere in the layout", async () => {
  const order = [2, 0, 3, 1];
  const starts = [0, 35, 37, 57];
  const lengths = [35, 2, 20, 5];
  const shuffle = (values: readonly number[]): number[] =>
    order.flatMap((t) => values.slice(starts[t], (starts[t] ?? 0) + (lengths[t] ?? 0)));
  const result = await run({
    specs: order.flatMap((t) => specs[t] ?? []),
    readers: fixture.models.map((values) => reader(Float32Array.from(shuffle(values)))),
    head: annotating,
    chunkValues: 4,
  });
  close(result, shuffle(fixture.annotating));
});

test("the result is the same to the last bit for any chunk size", async () => {
  for (const head of [{ mode: "average" } as const, annotating]) {
    const whole = await run({ head });
    for (const chunkValues of [1, 2, 7, 36, 37, 38, 61, 62]) {
      assert.deepEqual(await run({ head, chunkValues }), whole);
    }
  }
});

test("sorted by name, the order of arrival does not change a bit", async () => {
  const names = ["c", "a", "b"];
  const sorted = (arrival: readonly number[]): number[] =>
    [...arrival].sort((i, j) => ((names[i] ?? "") < (names[j] ?? "") ? -1 : 1));
  const arrive = (arrival: readonly number[]): Promise<Float32Array> => {
    const order = sorted(arrival);
    return run({
      readers: order.map((site) => reader(models[site] ?? new Float32Array())),
      weights: siteWeights(
        order.map((site) => updates[site] ?? { cases: 0, voxels: {} }),
        "cases",
      ),
      head: { ...annotating, annotated: order.map((site) => fixture.annotated[site] ?? []) },
    });
  };
  const first = await arrive([0, 1, 2]);
  for (const arrival of [[2, 1, 0], [1, 0, 2], [2, 0, 1]]) assert.deepEqual(await arrive(arrival), first); // prettier-ignore
});

test("one site's average is that site, bit for bit; equal models average to themselves", async () => {
  const [model] = models as [Float32Array];
  assert.deepEqual(await run({ readers: [reader(model)], weights: [1] }), model);
  assert.deepEqual(await run({ readers: [reader(model), reader(model), reader(model)] }), model);
});

test("sums are float64: small values are not lost beside large ones", () => {
  const inputs = [Float32Array.of(2 ** 30), Float32Array.of(1), Float32Array.of(-(2 ** 30))];
  assert.deepEqual(aggregateChunk(inputs, [0.25, 0.5, 0.25]), Float32Array.of(0.5));
  assert.throws(() => aggregateChunk(inputs, [1]), RangeError);
  assert.throws(() => aggregateChunk([new Float32Array(1), new Float32Array(2)], [0.5, 0.5]), RangeError);
});

test("memory is chunk × sites: no read is longer than a chunk, or a tensor of the classifier", async () => {
  const longest = { length: 0 };
  const readers = models.map((values) => reader(values, longest));
  await run({ readers, chunkValues: 6 });
  assert.equal(longest.length, 6);
  await run({ readers, chunkValues: 6, head: annotating });
  assert.equal(longest.length, 20);
});

test("an aggregation can be stopped, and a layout without the classifier is refused", async () => {
  await assert.rejects(run({ signal: AbortSignal.abort() }), { name: "AbortError" });
  await assert.rejects(run({ head: { ...annotating, bias: "head.b" } }), (error) =>
    isFedaceError(error, "WEIGHTS_LAYOUT"),
  );
});

test("centring a classifier leaves its softmax as it is", () => {
  const random = seededRandom(1);
  const head = {
    weight: Float32Array.from({ length: 20 }, () => random.normal() * 3),
    bias: Float32Array.from({ length: 5 }, () => random.normal() * 3),
  };
  const features = Array.from({ length: 4 }, () => random.normal());
  const softmax = (h: { weight: ArrayLike<number>; bias: ArrayLike<number> }): number[] => {
    const e = Array.from({ length: 5 }, (_, k) =>
      Math.exp(features.reduce((z, x, c) => z + x * (h.weight[c * 5 + k] ?? 0), h.bias[k] ?? 0)),
    );
    return e.map((value) => value / e.reduce((a, b) => a + b, 0));
  };
  const centred = centreHead(head);
  const before = softmax(head);
  for (const [k, p] of softmax(centred).entries()) assert.ok(Math.abs(p - (before[k] ?? 0)) < 1e-14);
  for (let c = 0; c < 4; c++) {
    assert.ok(Math.abs(centred.weight.slice(c * 5, c * 5 + 5).reduce((a, b) => a + b)) < 1e-14);
  }
});

test("a class that nobody annotates, or only a site of weight 0, is averaged over all", () => {
  const head = (value: number): { weight: Float32Array; bias: Float32Array } => ({
    weight: Float32Array.of(value, -value),
    bias: Float32Array.of(-value, value),
  });
  const heads = [head(1), head(3)];
  assert.deepEqual(aggregateHead(heads, [0.5, 0.5], [[], []]), head(2));
  assert.deepEqual(aggregateHead(heads, [1, 0], [[], [0, 1]]), head(1));
  assert.deepEqual(aggregateHead(heads, [0.5, 0.5], [[0], [1]]), {
    weight: Float32Array.of(1, -3),
    bias: Float32Array.of(-1, 3),
  });
});

test("shares are by cases, by annotated foreground voxels, or equal, and sum to 1", () => {
  const sites = [
    { cases: 30, voxels: { background: 1_000_000, GM: 200, WM: 100 } },
    { cases: 10, voxels: { lesion: 100 } },
  ];
  assert.deepEqual(siteWeights(sites, "cases"), [0.75, 0.25]);
  assert.deepEqual(siteWeights(sites, "voxels"), [0.75, 0.25]);
  assert.deepEqual(siteWeights(sites, "equal"), [0.5, 0.5]);
  assert.throws(
    () => siteWeights([{ cases: 0, voxels: {} }], "cases"),
    (error) => isFedaceError(error, "TRAINING_NO_CASES"),
  );
});

test("how far an update is from its model, and how large that is, whatever the chunk", async () => {
  const [a, b] = models as [Float32Array, Float32Array];
  const norm = Math.sqrt(a.reduce((sum, value, i) => sum + (value - (b[i] ?? 0)) ** 2, 0));
  const modelNorm = Math.hypot(...b);
  for (const chunkValues of [1, 13, 1000]) {
    const check = await checkUpdateStream({ specs, update: reader(a), model: reader(b), chunkValues });
    assert.ok(check.finite && Math.abs(check.norm - norm) < 1e-12 && Math.abs(check.modelNorm - modelNorm) < 1e-12);
  }
});

test("a value that is not finite is found by the name of its tensor", async () => {
  for (const [index, tensor] of [
    [0, "body.0"],
    [36, "body.1"],
    [56, "head.weight"],
    [61, "head.bias"],
  ] as const) {
    // prettier-ignore
    for (const value of [Number.NaN, -Infinity]) {
      const update = Float32Array.from(models[0] ?? []);
      update[index] = value;
      const answer = await checkUpdateStream({ specs, update: reader(update), model: reader(update), chunkValues: 9 });
      assert.deepEqual(answer, { finite: false, tensor });
    }
  }
});

test("with weights by classes, a site counts for its part of each class's cases, whoever is missing", () => {
  const tissue = { cases: 12, voxels: { background: 9, CSF: 1, GM: 1, WM: 1 } };
  const tumour = { cases: 3, voxels: { core: 0, oedema: 5 } };
  const close = (values: readonly number[], expected: readonly number[]): void => {
    for (const [i, value] of values.entries()) assert.ok(Math.abs(value - (expected[i] ?? NaN)) < 1e-12, `${value}`);
  };
  close(siteWeights([tissue, tumour], "classes"), [0.6, 0.4]);
  const second = { cases: 4, voxels: { CSF: 1, GM: 1, WM: 1 } };
  close(siteWeights([tissue, second, tumour], "classes"), [0.45, 0.15, 0.4]);
  // Without the second site the others keep their ratio of .45 to .4.
  close(siteWeights([tissue, tumour], "classes", "background", [second]), [0.45 / 0.85, 0.4 / 0.85]);
  const nothing = { cases: 4, voxels: { background: 3 } };
  assert.throws(() => siteWeights([nothing], "classes"), { code: "TRAINING_NO_CASES" });
});

test("a moving average is that of float64, rounded once", () => {
  const [before, now] = [Float32Array.of(1, -2, 1e-3), Float32Array.of(0, 4, 1)];
  const expected = [0, 1, 2].map((i) => Math.fround(0.6 * (before[i] ?? NaN) + (1 - 0.6) * (now[i] ?? NaN)));
  assert.deepEqual([...movingAverage(before, now, 0.6)], expected);
  assert.deepEqual(movingAverage(before, now, 0), now);
});
