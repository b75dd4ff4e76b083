import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { openEngine, tf } from "../engine/index.js";
import type { Engine } from "../engine/index.js";
import { isFedaceError } from "../foundation/index.js";
import { views } from "../tensors/index.js";
import type { WeightSet } from "../tensors/index.js";
import { grow, initialise, modelSpec } from "./architecture/index.js";
import type { NamedNetwork } from "./architecture/index.js";
import { forward } from "./forward.js";

let engine: Engine;
before(async () => {
  engine = await openEngine({ choice: "plain" });
});
after(() => engine.close());

const network = (classes: readonly string[], inputs: readonly string[]): NamedNetwork => ({
  spec: modelSpec({ preset: "tiny" }, inputs.length, classes.length),
  classes,
  inputs,
});
const OLD = network(["background", "CSF", "GM", "WM"], ["T1w", "PD"]);
const NEW = network(["background", "lesion", "WM", "GM", "CSF", "oedema"], ["FLAIR", "PD", "T1w"]);

/** Logits of a patch of noise, `[voxels][classes]`; channels by name, so that both networks see the same images. */
function logits({ spec, inputs }: NamedNetwork, weights: WeightSet): number[][] {
  const values = views(weights);
  return tf.tidy(() => {
    const tensors = new Map(
      weights.specs.map(({ name, shape }) => [name, tf.tensor(values.get(name) ?? new Float32Array(), [...shape])]),
    );
    const seeds: Record<string, number> = { T1w: 1, PD: 2, FLAIR: 3 };
    const images = inputs.map((name) => tf.randomNormal<tf.Rank.R5>([1, 4, 4, 4, 1], 0, 1, "float32", seeds[name]));
    const flat = forward(tensors, tf.concat(images, 4), spec).reshape([64, spec.classes]);
    return flat.arraySync() as number[][];
  });
}

test("a grown network answers as the old one did: old logits stay, a new class has their mean", () => {
  const weights = initialise(OLD.spec, 3);
  // Trained biases are not 0.
  views(weights).get("head.bias")?.set([0.5, -0.25, 0.125, 1]);
  const [before, after] = [logits(OLD, weights), logits(NEW, grow({ ...OLD, weights }, NEW))];
  for (const [voxel, old] of before.entries()) {
    const mean = old.reduce((sum, value) => sum + value, 0) / old.length;
    for (const [k, name] of NEW.classes.entries()) {
      const expected = old[OLD.classes.indexOf(name)] ?? mean;
      assert.ok(Math.abs((after[voxel]?.[k] ?? NaN) - expected) < 1e-4, `${name}: ${after[voxel]?.[k]}, ${expected}`);
    }
  }
});

test("a network that has nothing new keeps every bit", () => {
  const weights = initialise(OLD.spec, 3);
  assert.deepEqual(grow({ ...OLD, weights }, OLD), weights);
});

test("another network, a class or an input that is missing, and another background are refused by name", () => {
  const weights = initialise(OLD.spec, 3);
  const refuses = (to: NamedNetwork, text: RegExp): void => {
    assert.throws(
      () => grow({ ...OLD, weights }, to),
      (error) => isFedaceError(error, "PLAN_INVALID") && text.test(error.message),
    );
  };
  refuses(
    { ...OLD, spec: modelSpec({ preset: "small" }, 2, 4) },
    /filters is 8 in the plan and 4 in the model; levels/,
  );
  refuses(network(["background", "CSF", "WM"], ["T1w", "PD"]), /lacks the model's class GM/);
  refuses(network(OLD.classes, ["T1w"]), /lacks the model's input PD/);
  refuses(network(["CSF", "background", "GM", "WM"], OLD.inputs), /background is CSF/);
});
