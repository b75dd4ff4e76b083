import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { after, before, test } from "node:test";
import { openEngine, tf } from "../engine/index.js";
import type { Engine } from "../engine/index.js";
import { isFedaceError } from "../foundation/index.js";
import { totalElements, views } from "../tensors/index.js";
import type { TensorSpec } from "../tensors/index.js";
import { initialise } from "./architecture/initialise.js";
import { architectureOf, tensorSpecs } from "./architecture/index.js";
import { modelSpec, patchMultiple } from "./architecture/spec.js";
import { forward } from "./forward.js";

interface Initial {
  readonly seed: number;
  readonly layout: readonly TensorSpec[];
  readonly sha256: string;
  readonly bytes: number;
}
const initial = JSON.parse(readFileSync(new URL("../../fixtures/initial.json", import.meta.url), "utf8")) as Initial;

let engine: Engine;
before(async () => {
  engine = await openEngine({ choice: "plain" });
});
after(() => engine.close());

const tiny = modelSpec({ preset: "tiny" }, 2, 5);
const small = modelSpec({ preset: "small" }, 2, 5);

test("layout and initial weights are those of another language's reading of the description, to the last bit", () => {
  const weights = initialise(tiny, initial.seed);
  assert.deepEqual(weights.specs, initial.layout);
  assert.equal(weights.data.byteLength, initial.bytes);
  const bytes = new Uint8Array(weights.data.buffer, weights.data.byteOffset, weights.data.byteLength);
  assert.equal(createHash("sha256").update(bytes).digest("hex"), initial.sha256);
});

test("initial convolutions have He's deviation and a normal's kurtosis; every seed and tensor has its own numbers", () => {
  const weights = views(initialise(small, 0));
  const values = weights.get("enc.2.conv.1.weight") ?? new Float32Array();
  const moment = (power: number): number => values.reduce((sum, v) => sum + v ** power, 0) / values.length;
  const deviation = Math.sqrt(2 / (27 * 32));
  assert.ok(Math.abs(moment(1)) < (4 * deviation) / Math.sqrt(values.length), `mean ${moment(1)}`);
  assert.ok(Math.abs(moment(2) / deviation ** 2 - 1) < 0.04, `variance ${moment(2)}`);
  assert.ok(Math.abs(moment(4) / moment(2) ** 2 - 2.9) < 0.1, "twelve uniform numbers have a kurtosis of 2.9");
  const other = views(initialise(small, 1)).get("enc.2.conv.1.weight");
  assert.notDeepEqual(values, other);
  assert.notDeepEqual(values, weights.get("dec.1.conv.1.weight")?.subarray(0, values.length));
});

test("the presets have the sizes of the method: paper is 32 to 256 channels", () => {
  const paper = modelSpec({ preset: "paper" }, 2, 5);
  assert.deepEqual(
    tensorSpecs(paper)
      .filter(({ name }) => /^enc\.\d\.conv\.1\.weight$/.test(name))
      .map(({ shape }) => shape.at(-1)),
    [32, 64, 128, 256],
  );
  assert.equal(patchMultiple(paper), 8);
  assert.equal(patchMultiple(small), 4);
  assert.equal(totalElements(tensorSpecs(tiny)), 4453);
});

test("one small step of 7 patches of 32³ is the 13 GFLOP that were measured: 3 passes of 2 operations", () => {
  assert.equal(Math.round((architectureOf(small).macs(small, [32, 32, 32]) * 7 * 3 * 2) / 1e9), 13);
});

test("multiply-adds count every filter element once for each voxel it is applied at", () => {
  const perVoxel = tensorSpecs(tiny).reduce((sum, { name, shape }) => {
    if (shape.length !== 5) return sum;
    const size = shape.reduce((product, side) => product * side, 1);
    // A 2×2×2 filter goes once to every coarse voxel; level 1 has an eighth of the voxels.
    return sum + size * (name.startsWith("up.") || name.includes(".1.conv.") ? 1 / 8 : 1);
  }, 0);
  assert.equal(architectureOf(tiny).macs(tiny, [8, 8, 8]), perVoxel * 512);
});

test("fields written out get their defaults, and groups that do not divide are refused", () => {
  assert.deepEqual(modelSpec({ filters: 12, levels: 3 }, 1, 3), {
    architecture: "unet",
    inputs: 1,
    classes: 3,
    filters: 12,
    levels: 3,
    blocks: 2,
    norm: "group",
    groups: 6,
  });
  assert.equal(modelSpec({ filters: 3, levels: 1 }, 1, 2).groups, 3);
  assert.equal(modelSpec({ filters: 11, levels: 1 }, 1, 2).groups, 1);
  const refuses = (text: RegExp, make: () => unknown): void => {
    assert.throws(make, (error) => isFedaceError(error, "PLAN_INVALID") && text.test(error.message));
  };
  refuses(/3 groups do not divide 8/, () => modelSpec({ filters: 8, levels: 2, groups: 3 }, 1, 2));
  refuses(/levels is 0/, () => modelSpec({ filters: 8, levels: 0 }, 1, 2));
  refuses(/filters is 1\.5/, () => modelSpec({ filters: 1.5, levels: 1 }, 1, 2));
});

function onEngine(spec: typeof tiny, seed: number): Map<string, tf.Tensor> {
  const weights = initialise(spec, seed);
  const values = views(weights);
  return new Map(
    weights.specs.map(({ name, shape }) => [name, tf.tensor(values.get(name) ?? new Float32Array(), [...shape])]),
  );
}

test("a forward pass leaves one tensor, keeps its inputs, and has the logits' shape", () => {
  const weights = onEngine(tiny, 0);
  const x = tf.randomNormal<tf.Rank.R5>([1, 4, 2, 6, 2], 0, 1, "float32", 5);
  const tensors = tf.memory().numTensors;
  const logits = forward(weights, x, tiny);
  assert.equal(tf.memory().numTensors, tensors + 1);
  assert.deepEqual(logits.shape, [1, 4, 2, 6, 5]);
  assert.equal(x.isDisposed, false);
  tf.dispose([logits, x, ...weights.values()]);
});

test("samples of a batch do not see each other: no statistic goes over the batch", () => {
  const weights = onEngine(tiny, 0);
  tf.tidy(() => {
    const x = tf.randomNormal<tf.Rank.R5>([2, 4, 4, 4, 2], 0, 1, "float32", 5);
    const alone = forward(weights, tf.slice(x, [0, 0, 0, 0, 0], [1, 4, 4, 4, 2]), tiny).dataSync();
    const together = forward(weights, x, tiny).dataSync();
    assert.deepEqual(together.slice(0, alone.length), alone);
  });
  tf.dispose([...weights.values()]);
});

test("one level is a network without pooling", () => {
  const flat = modelSpec({ filters: 2, levels: 1 }, 1, 2);
  const weights = onEngine(flat, 0);
  tf.tidy(() => {
    assert.deepEqual(forward(weights, tf.ones([1, 3, 1, 5, 1]), flat).shape, [1, 3, 1, 5, 2]);
  });
  assert.equal(patchMultiple(flat), 1);
  tf.dispose([...weights.values()]);
});

test("a missing tensor is named", () => {
  const weights = onEngine(tiny, 0);
  weights.get("up.0.bias")?.dispose();
  weights.delete("up.0.bias");
  const tensors = tf.memory().numTensors;
  tf.tidy(() => {
    const x = tf.zeros<tf.Rank.R5>([1, 2, 2, 2, 2]);
    assert.throws(
      () => forward(weights, x, tiny),
      (error) => isFedaceError(error, "WEIGHTS_LAYOUT") && error.message.includes("up.0.bias"),
    );
  });
  assert.equal(tf.memory().numTensors, tensors);
  tf.dispose([...weights.values()]);
});
