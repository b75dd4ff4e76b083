import assert from "node:assert/strict";
import { before, test } from "node:test";
import { aggregateChunk, siteWeights } from "../aggregation/index.js";
import { openEngine, tf } from "../engine/index.js";
import { isFedaceError } from "../foundation/index.js";
import { HEAD_BIAS, initialise, modelSpec } from "../model/index.js";
import { updateNumbersSchema } from "../protocol/index.js";
import type { Plan } from "../protocol/index.js";
import { scale, views, weightSet } from "../tensors/index.js";
import type { WeightSet } from "../tensors/index.js";
import { addProximal, clipGlobalNorm } from "./gradients.js";
import { evaluate, learningRateAt, localRound, predictProbabilities } from "./index.js";
import type { LocalRoundInput } from "./index.js";
import { softmaxRows } from "./network.js";
import { toyCase, toyLesion, toyPlan, toyTissue } from "./toy.test.helper.js";

before(async () => {
  await openEngine({ choice: "plain" });
});

const specOf = (plan: Plan) => modelSpec(plan.model, plan.inputs.length, plan.classes.length);
const cases = [0, 1, 2].map((i) => toyCase(i));

function input(plan: Plan, more: Partial<LocalRoundInput> = {}): LocalRoundInput {
  const weights = initialise(specOf(plan), plan.seed);
  return { plan, round: 1, weights, cases, labelMap: toyTissue, site: "north", ...more };
}

/** Runs `action` and checks that it leaves as many tensors as there were. */
async function withoutLeak<T>(action: () => Promise<T>): Promise<T> {
  const tensors = tf.memory().numTensors;
  try {
    return await action();
  } finally {
    assert.equal(tf.memory().numTensors, tensors);
  }
}

test("a local round learns, tells its progress, and declares numbers that the protocol takes", async () => {
  const plan = toyPlan({ steps: 25 });
  const seen: number[] = [];
  let now = 0;
  const clock = { now: () => (now += 1000), after: () => () => undefined };
  const { weights, ...numbers } = await withoutLeak(() =>
    localRound(input(plan, { clock, onProgress: (step, steps, loss, left) => seen.push(step, steps, loss, left) })),
  );
  assert.deepEqual(updateNumbersSchema.parse({ ...numbers, evaluation: null }), { ...numbers, evaluation: null });
  assert.equal(numbers.cases, 3);
  assert.equal(numbers.steps, 25);
  const count = (label: number): number =>
    cases.reduce((n, item) => n + item.labels.filter((l) => l === label).length, 0);
  assert.deepEqual(numbers.voxels, { background: count(0), GM: count(1), WM: count(2) });
  assert.equal(seen.length, 100);
  assert.deepEqual([seen[96], seen[97], seen[99]], [25, 25, 0]);
  assert.ok(Math.abs((seen[3] ?? 0) - 24) < 1e-9, "24 steps left of one second each");
  assert.ok(numbers.lastLoss < 0.6 * (seen[2] ?? 0), `${seen[2] ?? NaN} to ${numbers.lastLoss}`);
  assert.ok(numbers.seconds > 0);
  assert.notDeepEqual(weights.data, initialise(specOf(plan), plan.seed).data);
});

test("a small network learns nested balls, and scores only what its site can assess", async () => {
  const plan = toyPlan({ steps: 60, optimizer: "sgd" });
  const { weights } = await localRound(input(plan));
  const held = [toyCase(8), toyCase(9)];
  const tissue = await withoutLeak(() => evaluate({ weights, cases: held, plan, labelMap: toyTissue, final: true }));
  assert.equal(tissue.cases, 2);
  assert.equal(tissue.dice["background"], null);
  assert.ok((tissue.dice["GM"] ?? 0) > 0.8 && (tissue.dice["WM"] ?? 0) > 0.8, JSON.stringify(tissue.dice));
  const lesions = [8, 9].map((i) => toyCase(i, [12, 13, 14], "lesion"));
  const lesion = await evaluate({ weights, cases: lesions, plan, labelMap: toyLesion, final: true });
  const eachRound = await evaluate({ weights, cases: lesions, plan, labelMap: toyLesion });
  assert.deepEqual(Object.keys(eachRound.metrics ?? {}), ["volumeDifference"], "HD95 is for final models");
  assert.deepEqual(lesion.dice, { background: null, GM: null, WM: tissue.dice["WM"] });
  for (const { metrics } of [tissue, lesion])
    assert.deepEqual(Object.keys(metrics ?? {}), ["hd95", "volumeDifference"]);
  assert.deepEqual(lesion.metrics?.hd95, { WM: tissue.metrics?.hd95?.["WM"] });
});

test("scores leave out voxels to ignore, and classes that no case has", async () => {
  const plan = toyPlan();
  const map = { ...toyTissue, sets: [1, 2, 4, 7] };
  const blank = { ...toyCase(1), labels: new Uint8Array(12 * 13 * 14).fill(3) };
  const weights = initialise(specOf(plan), 1);
  const { dice } = await evaluate({ weights, cases: [blank], plan, labelMap: map });
  assert.deepEqual(dice, { background: null, GM: null, WM: null });
  const none = await evaluate({ weights, cases: [], plan, labelMap: map });
  assert.deepEqual(none, { cases: 0, dice: { background: null, GM: null, WM: null }, metrics: {}, spread: {} });
});

test("what is predicted of a class that the site's labels say is not there is a false volume in mL, of no other", async () => {
  const plan = toyPlan({}, { spacing: [10, 10, 10] });
  // The label value of WM means GM here: there is no WM at this site.
  const map = { ...toyTissue, sets: [1, 2, 2], annotated: [0, 1] };
  const weights = initialise(specOf(plan), 1);
  const bias = views(weights).get(HEAD_BIAS);
  bias?.set([0, 0, 100]);
  const cases = [toyCase(1), toyCase(2)];
  const { metrics } = await evaluate({ weights, cases, plan, labelMap: map });
  assert.deepEqual(metrics?.falseVolume, { WM: 1000 }, "the box around the head has 10³ voxels of 1 mL");
  assert.deepEqual(metrics.falseVolumeShare, { WM: 1 });
  assert.deepEqual(metrics.volumeDifference, { GM: -100 });
  bias?.set([0, 0, -100]);
  const clean = await evaluate({ weights, cases, plan, labelMap: map });
  assert.deepEqual([clean.metrics?.falseVolume, clean.metrics?.falseVolumeShare], [{ WM: 0 }, { WM: 0 }]);
});

test("the same seed, site and round give the same weights; another site or round draws other patches", async () => {
  const plan = toyPlan({ steps: 1 });
  const train = async (more: Partial<LocalRoundInput>): Promise<Float32Array> =>
    (await localRound(input(plan, more))).weights.data;
  const first = await train({});
  assert.deepEqual(await train({}), first);
  assert.notDeepEqual(await train({ round: 2 }), first);
  assert.notDeepEqual(await train({ site: "south" }), first);
});

test("the average of one site is that site, bit for bit", async () => {
  const { weights, ...numbers } = await localRound(input(toyPlan({ steps: 2 })));
  assert.deepEqual(aggregateChunk([weights.data], siteWeights([numbers], "cases")), weights.data);
});

test("a stopped round, a diverged one and one of wrong weights leave no tensor and say why", async () => {
  const abort = new AbortController();
  let steps = 0;
  const stopped = input(toyPlan(), {
    signal: abort.signal,
    onProgress: () => {
      if (++steps === 2) setImmediate(() => { abort.abort(); }); // prettier-ignore
    },
  });
  await withoutLeak(() => assert.rejects(localRound(stopped), { name: "AbortError" }));
  assert.ok(steps < 4, "the signal arrived between two steps");
  await withoutLeak(
    () =>
    assert.rejects(localRound(input(toyPlan({ learningRate: 100, momentum: 0 }, { loss: "ace" }), {
      weights: scale(initialise(specOf(toyPlan()), 0), 1e25),
    })), (error) => isFedaceError(error, "TRAINING_DIVERGED")), // prettier-ignore
  );
  const wrong = weightSet([{ name: "x", shape: [1] }]);
  await withoutLeak(() =>
    assert.rejects(localRound(input(toyPlan(), { weights: wrong })), (error) => isFedaceError(error, "WEIGHTS_LAYOUT")),
  );
  const listener = input(toyPlan(), {
    onProgress: () => {
      throw new Error("listener");
    },
  });
  await withoutLeak(() => assert.rejects(localRound(listener), /listener/));
});

test("Adam, FedProx and clipping run in a round without a leak", async () => {
  const plan = toyPlan({ optimizer: "adam", proximal: 0.1, clipNorm: 1, steps: 3, sampling: "uniform" });
  const result = await withoutLeak(() => localRound(input(plan, { labelMap: toyLesion, cases: [0, 1].map((i) => toyCase(i, [12, 13, 14], "lesion")) }))); // prettier-ignore
  assert.deepEqual(Object.keys(result.voxels), ["WM"]);
});

test("a strong proximal term holds the weights at those of the round's start", async () => {
  const moved = async (proximal: number): Promise<number> => {
    const round = input(toyPlan({ proximal, momentum: 0, learningRate: 0.01, steps: 10 }));
    const { weights } = await localRound(round);
    return Math.hypot(...weights.data.map((value, i) => value - (round.weights.data[i] ?? 0)));
  };
  const [free, held] = [await moved(0), await moved(50)];
  assert.ok(held < 0.5 * free, `${held} against ${free}`);
});

test("the proximal gradient is that of μ/2 ‖w − w_t‖², by central differences in float64", () => {
  const [w, start, mu] = [[0.3, -1.2, 4], [0.1, 0.5, 3.5], 0.7];
  const value = (at: readonly number[]): number =>
    (mu / 2) * at.reduce((sum, x, i) => sum + (x - (start[i] ?? 0)) ** 2, 0);
  const result = tf.tidy(() => addProximal([tf.tensor1d([1, 2, 3])], [tf.tensor1d(w)], [tf.tensor1d(start)], mu)[0]?.dataSync()); // prettier-ignore
  for (let i = 0; i < 3; i++) {
    const moved = (h: number): number[] => w.map((x, j) => (i === j ? x + h : x));
    const difference = (value(moved(1e-5)) - value(moved(-1e-5))) / 2e-5;
    assert.ok(Math.abs((result?.[i] ?? NaN) - (i + 1) - difference) < 1e-5);
  }
});

test("clipping scales by the norm over all tensors, only beyond the limit, and leaves zeros zero", () => {
  const clip = (limit: number, factor = 1): number[] =>
    tf.tidy(() => {
      const gradients = [tf.tensor1d([3 * factor, 0]), tf.tensor2d([[0, 4 * factor]])];
      return clipGlobalNorm(gradients, limit).flatMap((gradient) => [...gradient.dataSync()]);
    });
  assert.deepEqual(clip(10), [3, 0, 0, 4]);
  assert.deepEqual(clip(0), [3, 0, 0, 4]);
  for (const [i, value] of clip(1).entries()) assert.ok(Math.abs(value - ([0.6, 0, 0, 0.8][i] ?? 0)) < 1e-6);
  assert.deepEqual(clip(1, 0), [0, 0, 0, 0]);
});

test("the rate is constant, or falls along one cosine over all rounds of the run, or over the second half of them", () => {
  const constant = toyPlan({ steps: 5 });
  assert.equal(learningRateAt(constant, 1, 0), 0.1);
  assert.equal(learningRateAt(toyPlan({ optimizer: "adam" }), 3, 3), 0.001);
  const cosine = toyPlan({ steps: 5, schedule: "cosine", learningRate: 2 }, { rounds: 4 });
  const cooldown = toyPlan({ steps: 5, schedule: "cooldown", learningRate: 2 }, { rounds: 4 });
  for (let round = 1; round <= 4; round++) {
    for (let step = 0; step < 5; step++) {
      const t = (round - 1) * 5 + step;
      assert.ok(Math.abs(learningRateAt(cosine, round, step) - (1 + Math.cos((Math.PI * t) / 20))) < 1e-12);
      const later = t < 10 ? 2 : 1 + Math.cos((Math.PI * (t - 10)) / 10);
      assert.ok(Math.abs(learningRateAt(cooldown, round, step) - later) < 1e-12);
    }
  }
});

test("prediction is the network's softmax in every voxel, and leaves no tensor when stopped", async () => {
  const plan = toyPlan();
  const item = toyCase(0, [8, 8, 8]);
  const request = { weights: initialise(specOf(plan), 3), model: specOf(plan), image: item.image, size: item.size, patch: [8, 8, 8] as const }; // prettier-ignore
  const result: Float32Array = await withoutLeak(() => predictProbabilities(request));
  assert.equal(result.length, 512 * 3);
  for (let voxel = 0; voxel < 512; voxel++) {
    const sum = result.subarray(voxel * 3, voxel * 3 + 3).reduce((a, b) => a + b);
    assert.ok(Math.abs(sum - 1) < 1e-6);
  }
  const stop = { ...request, signal: AbortSignal.abort() };
  await withoutLeak(() => assert.rejects(predictProbabilities(stop), { name: "AbortError" }));
  const other: WeightSet = weightSet([{ name: "x", shape: [1] }]);
  await assert.rejects(predictProbabilities({ ...request, weights: other }), (e) => isFedaceError(e, "WEIGHTS_LAYOUT"));
  const soft = softmaxRows(Float32Array.of(900, 0, -900, 1, 1, 1), 3);
  assert.deepEqual([...soft.subarray(0, 3)], [1, 0, 0]);
  assert.ok(soft.subarray(3).every((value) => Math.abs(value - 1 / 3) < 1e-7));
});
