import assert from "node:assert/strict";
import { before, test } from "node:test";
import { aggregateChunk, siteWeights } from "../aggregation/index.js";
import type { Weighed } from "../aggregation/weighting.js";
import { openEngine, tf, valueAndGradients } from "../engine/index.js";
import { isFedaceError, seededRandom } from "../foundation/index.js";
import { absentClasses, setOf } from "../labels/index.js";
import { lossFor } from "../loss/index.js";
import { forward, initialise, modelSpec } from "../model/index.js";
import type { Plan } from "../protocol/index.js";
import { views, weightSet } from "../tensors/index.js";
import type { WeightSet } from "../tensors/index.js";
import { lowerLogits } from "./absent.js";
import { displacement, nextCorrection } from "./correction.js";
import { localRound } from "./index.js";
import { createOptimiser } from "./optimiser.js";
import { learningRateAt } from "./schedule.js";
import { createTrainer } from "./trainer.js";
import { toyCase, toyLesion, toyPlan, toyTissue } from "./toy.test.helper.js";

before(async () => {
  await openEngine({ choice: "plain" });
});

const vector = (values: readonly number[]): WeightSet => {
  const set = weightSet([{ name: "w", shape: [values.length] }]);
  set.data.set(values);
  return set;
};

/** How far the optimiser of a plan really takes a weight in a round whose gradient is `gradient` plus the proximal term. */
function travelled(plan: Plan, round: number, gradient: number): number {
  const optimiser = createOptimiser(plan.training, [tf.scalar(0)]);
  for (let step = 0; step < plan.training.steps; step++) {
    tf.tidy(() => {
      const at = optimiser.variables[0]?.dataSync()[0] ?? NaN;
      const slope = tf.scalar(gradient + plan.training.proximal * at);
      optimiser.step([slope], learningRateAt(plan, round, step));
    });
  }
  const end = optimiser.variables[0]?.dataSync()[0] ?? NaN;
  optimiser.dispose();
  return -end;
}

test("the displacement is what the plan's optimiser makes of a constant gradient, whatever its momentum and schedule", () => {
  const plans = [
    toyPlan({ steps: 50 }),
    toyPlan({ steps: 7, momentum: 0 }),
    toyPlan({ steps: 20, momentum: 0.5, schedule: "cosine" }),
    toyPlan({ steps: 20, proximal: 0.3, learningRate: 0.05 }),
    toyPlan({ steps: 1 }),
  ];
  for (const plan of plans) {
    for (const round of [1, 3]) {
      const moved = displacement(plan, round);
      assert.ok(Math.abs(travelled(plan, round, 1) / moved - 1) < 1e-5, `${travelled(plan, round, 1)} for ${moved}`);
      assert.ok(Math.abs(travelled(plan, round, -2.5) / (-2.5 * moved) - 1) < 1e-5, "it is linear");
    }
  }
  // Σ (1 + μ v_k), v_k = μ v_(k−1) + 1, by hand: v is 1, 1.9, 2.71.
  assert.ok(Math.abs(displacement(toyPlan({ steps: 3 }), 1) - 0.1 * (1.9 + 2.71 + 3.439)) < 1e-12);
});

test("Σ n h stays 0, with unequal weights, whoever misses a round", () => {
  const random = seededRandom(5);
  const size = 40;
  const sites: { numbers: Weighed; h: WeightSet | undefined }[] = [
    { numbers: { cases: 40, voxels: { CSF: 9, GM: 7 } }, h: undefined },
    { numbers: { cases: 3, voxels: { lesion: 2 } }, h: undefined },
    { numbers: { cases: 11, voxels: { CSF: 9, GM: 7 } }, h: undefined },
    { numbers: { cases: 5, voxels: { lesion: 2, GM: 1 } }, h: undefined },
  ];
  for (const weighting of ["cases", "classes", "equal"] as const) {
    for (const site of sites) site.h = undefined;
    for (let round = 0; round < 12; round++) {
      const present = round < 2 ? sites : sites.filter((_, i) => i < 2 || random.uniform() < 0.6);
      const absent = sites.filter((site) => !present.includes(site)).map(({ numbers }) => numbers);
      const weights = siteWeights(present.map(({ numbers }) => numbers), weighting, "background", absent); // prettier-ignore
      const sent = present.map(() => vector(Array.from({ length: size }, () => random.normal())));
      const next = vector([...aggregateChunk(sent.map(({ data }) => data), weights)]); // prettier-ignore
      for (const [i, site] of present.entries()) site.h = nextCorrection(site.h, next, sent[i] ?? next, 4.2);
    }
    // The weights with everybody there.
    const shares = siteWeights(sites.map(({ numbers }) => numbers), weighting); // prettier-ignore
    for (let i = 0; i < size; i++) {
      const sum = sites.reduce((total, { h }, site) => total + (shares[site] ?? 0) * (h?.data[i] ?? 0), 0);
      assert.ok(Math.abs(sum) < 1e-6, `${weighting}: ${sum}`);
    }
  }
});

test("two sites with different aims meet where their pooled data would lead, which without correction they do not", () => {
  // Site s pulls with slope c (w − m): the optimum of ½ Σ n c (w − m)² is at Σ n c m / Σ n c.
  const sites = [
    { share: 0.75, curve: 0.5, aim: 1 },
    { share: 0.25, curve: 3, aim: -2 },
  ];
  const optimum = (0.75 * 0.5 * 1 + 0.25 * 3 * -2) / (0.75 * 0.5 + 0.25 * 3);
  const run = (corrected: boolean): number => {
    const plan = toyPlan({ steps: 20, momentum: 0.9, learningRate: 0.02 });
    let model = 0;
    let variates = sites.map(() => vector([0]));
    for (let round = 1; round <= 60; round++) {
      const sent = sites.map(({ curve, aim }, i) => {
        const h = corrected ? (variates[i]?.data[0] ?? 0) : 0;
        let [w, velocity] = [model, 0];
        for (let step = 0; step < plan.training.steps; step++) {
          const gradient = curve * (w - aim) - h;
          velocity = 0.9 * velocity + gradient;
          w -= 0.02 * (gradient + 0.9 * velocity);
        }
        return w;
      });
      model = sites.reduce((sum, { share }, i) => sum + share * (sent[i] ?? 0), 0);
      const moved = displacement(plan, round);
      variates = variates.map((h, i) => nextCorrection(h, vector([model]), vector([sent[i] ?? 0]), moved));
    }
    return model;
  };
  assert.ok(Math.abs(run(true) - optimum) < 1e-3, `${run(true)} for ${optimum}`);
  assert.ok(Math.abs(run(false) - optimum) > 0.1, `${run(false)} without`);
});

test("a step goes against the gradient minus the correction; of another layout there is none", async () => {
  const plan = toyPlan({ steps: 1, learningRate: 0.1, momentum: 0.9 });
  const start = initialise(modelSpec(plan.model, 1, 3), 1);
  const round = { plan, round: 1, weights: start, cases: [toyCase(1)], labelMap: toyTissue, site: "north" };
  const correction = weightSet(start.specs);
  for (let i = 0; i < correction.data.length; i++) correction.data[i] = Math.sin(i);
  const [free, corrected] = [await localRound(round), await localRound({ ...round, correction })];
  for (const [i, value] of corrected.weights.data.entries()) {
    const expected = (free.weights.data[i] ?? NaN) + 0.1 * 1.9 * Math.sin(i);
    assert.ok(Math.abs(value - expected) < 1e-5, `${value} for ${expected}`);
  }
  await assert.rejects(localRound({ ...round, correction: vector([1]) }), (e) => isFedaceError(e, "WEIGHTS_LAYOUT"));
  assert.throws(() => nextCorrection(correction, vector([1]), vector([2]), 1), { code: "WEIGHTS_LAYOUT" });
});

test("only classes that no value can mean are absent, whatever is ignored", () => {
  assert.deepEqual(absentClasses(toyTissue), []);
  assert.deepEqual(absentClasses(toyLesion), []);
  const sets = [setOf(0), setOf(1), setOf(0) | setOf(1) | setOf(2)];
  assert.deepEqual(absentClasses({ ...toyTissue, sets }), [2]);
});

test("training with a prior is training with the constant inside of the loss, and gone from the weights afterwards", async () => {
  const map = { ...toyTissue, sets: [setOf(0), setOf(1)], values: [0, 1], foreground: [1], annotated: [0, 1] };
  const plan = toyPlan({ steps: 1, batch: 1, momentum: 0, absentPrior: 3 });
  const spec = modelSpec(plan.model, 1, 3);
  const start = initialise(spec, 1);
  const { image, labels } = toyCase(1, [8, 8, 8]);
  const truth = Int32Array.from(labels, (label) => Math.min(label, 1));
  const trainer = createTrainer(plan, map, lowerLogits(start, absentClasses(map), 3));
  const loss = await trainer.step(image, truth, 0.1);
  const trained = lowerLogits(await trainer.weights(), absentClasses(map), -3);
  trainer.dispose();
  const named = [...views(start)].map(([name, values]) => [name, tf.tensor(values, [...(start.specs.find((s) => s.name === name)?.shape ?? [])])] as const); // prettier-ignore
  const inLoss = (): tf.Scalar => {
    const logits = forward(new Map(named), tf.tensor5d(image, [1, 8, 8, 8, 1]), spec);
    return lossFor(plan.loss, map)(tf.sub(logits, tf.tensor1d([0, 0, 3])), tf.tensor4d(truth, [1, 8, 8, 8], "int32"));
  };
  const { value, gradients } = valueAndGradients(inLoss, named.map(([, tensor]) => tensor)); // prettier-ignore
  assert.ok(Math.abs(loss - (value.dataSync()[0] ?? NaN)) < 1e-5);
  const expected = start.specs.flatMap(({ name }, i) =>
    [...(gradients[i]?.dataSync() ?? [])].map((slope, j) => (views(start).get(name)?.[j] ?? NaN) - 0.1 * slope),
  );
  for (const [i, w] of trained.data.entries()) assert.ok(Math.abs(w - (expected[i] ?? NaN)) < 1e-5, `value ${i}`);
  assert.deepEqual(lowerLogits(start, [], 3).data, start.data);
});
