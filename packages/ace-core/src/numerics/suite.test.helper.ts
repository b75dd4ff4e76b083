import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { tf, valueAndGradients } from "../engine/index.js";
import {
  ace,
  adamStep,
  conv3d,
  convTranspose3d,
  groupNorm,
  groupNormPool,
  marginalDice,
  maxPool3d,
  sgdStep,
} from "../engine/ops/index.js";
import type { AdamAttributes, GroupNormAttributes, SgdAttributes } from "../engine/ops/index.js";
import { marginalDiceForwardBackward } from "../engine/plain/index.js";
import { labelSpace, resolveLabelMap } from "../labels/index.js";
import { lossFor } from "../loss/index.js";
import { LOSS_NAMES } from "../protocol/index.js";
import { forward } from "../model/index.js";
import { assertClose } from "./compare.test.helper.js";
import { fixtures } from "./fixtures.test.helper.js";
import type { NetworkCase, OperationCase } from "./fixtures.test.helper.js";
import { float, expectTensor, expectValues, expectClose, withExpectations } from "./expectations.test.helper.js";

/**
 * Allowed errors against float64, relative to the largest value of a tensor; one float32 rounding is 6e-8. About three
 * to ten times the largest seen on the plain, wasm and tensorflow engines (1.1e-6, 8e-8, 1.1e-7, 1.6e-6).
 */
const TOLERANCE = {
  /** One operation and its gradients. */
  operation: 3e-6,
  /** A loss and its gradient. */
  loss: 1e-6,
  /** Weights after four steps. */
  optimiser: 5e-7,
  /** Logits, loss, and every gradient of a whole network. */
  network: 1e-5,
} as const;

type Operation = (inputs: tf.Tensor[], attributes: OperationCase["attributes"]) => tf.Tensor;

const OPERATIONS: Readonly<Record<keyof typeof fixtures.operations, Operation>> = {
  conv3d: ([x, filter, bias]) => conv3d(x as tf.Tensor5D, filter as tf.Tensor5D, bias as tf.Tensor1D),
  convTranspose3d: ([x, filter, bias]) => convTranspose3d(x as tf.Tensor5D, filter as tf.Tensor5D, bias as tf.Tensor1D),
  maxPool3d: ([x]) => maxPool3d(x as tf.Tensor5D),
  groupNorm: ([x, gamma, beta], attributes) =>
    groupNorm(x as tf.Tensor5D, gamma as tf.Tensor1D, beta as tf.Tensor1D, attributes as GroupNormAttributes),
};

/**
 * Runs every numeric check on one engine: all operations with their gradients, losses, optimisers and whole networks
 * against PyTorch in float64, extreme inputs, and that nothing stays behind on the engine.
 *
 * @param open makes the engine tfjs' current backend; what it returns closes it.
 */
export function numericSuite(engine: string, open: () => Promise<() => Promise<void>>): void {
  void describe(engine, () => {
    numericTests(engine, open);
  });
}

function numericTests(engine: string, open: () => Promise<() => Promise<void>>): void {
  let close: () => Promise<void>;
  before(async () => {
    close = await open();
  });
  after(() => close());

  const check = (name: string, body: () => void): void => {
    void test(`${engine}: ${name}`, async () => {
      const tensors = tf.memory().numTensors;
      await withExpectations(body);
      assert.equal(tf.memory().numTensors, tensors, "tensors left on the engine");
    });
  };

  for (const [kernel, cases] of Object.entries(fixtures.operations)) {
    const run = OPERATIONS[kernel as keyof typeof OPERATIONS];
    for (const item of cases) {
      check(`${kernel} and its gradients agree with PyTorch: ${item.name}`, () => {
        const inputs = Object.values(item.inputs).map(float);
        const output = run(inputs, item.attributes);
        expectTensor(output, item.output, TOLERANCE.operation, "output");
        const gradients = tf.grads((...args: tf.Tensor[]) => run(args, item.attributes))(inputs, float(item.dy));
        for (const [i, [name, expected]] of Object.entries(item.gradients).entries()) {
          expectTensor(gradients[i], expected, TOLERANCE.operation, `gradient of ${name}`);
        }
      });
    }
  }

  check("group norm with pooling is group norm, then pooling, and so are its gradients", () => {
    const random = (shape: number[], seed: number): tf.Tensor => tf.randomNormal(shape, 0, 1, "float32", seed);
    for (const [channels, groups] of [
      [6, 3],
      [8, 8],
    ] as const) {
      const [shape, half] = [
        [2, 4, 2, 6, channels],
        [2, 2, 1, 3, channels],
      ];
      const inputs = [random(shape, 1), random([channels], 2), random([channels], 3)];
      const [dy, dpooled] = [random(shape, 4), random(half, 5)];
      const attributes = { groups, epsilon: 1e-5, relu: true };
      type Parts = readonly [tf.Tensor5D, tf.Tensor1D, tf.Tensor1D];
      const together = (...parts: tf.Tensor[]): readonly tf.Tensor[] => {
        const { y, pooled } = groupNormPool(...(parts as unknown as Parts), attributes);
        return [y, pooled];
      };
      const apart = (...parts: tf.Tensor[]): readonly tf.Tensor[] => {
        const y = groupNorm(...(parts as unknown as Parts), attributes);
        return [y, maxPool3d(y)];
      };
      // The volume goes through a skip connection and through the pooling: one scalar of both.
      const weighed = (f: typeof together) => (): tf.Scalar => {
        const [y, pooled] = f(...inputs);
        if (y === undefined || pooled === undefined) throw new TypeError("two outputs");
        return tf.add(tf.sum(tf.mul(y, dy)), tf.sum(tf.mul(pooled, dpooled)));
      };
      const expected = [...apart(...inputs), ...valueAndGradients(weighed(apart), inputs).gradients];
      const actual = [...together(...inputs), ...valueAndGradients(weighed(together), inputs).gradients];
      for (const [i, tensor] of expected.entries()) {
        expectValues([actual[i], tensor], ([a = [], b = []]) => {
          assertClose(a, b, TOLERANCE.operation, `part ${i}`);
        });
      }
    }
  });

  for (const item of fixtures.losses) {
    const map = resolveLabelMap(item.config, labelSpace(item.classes));
    for (const name of LOSS_NAMES) {
      check(`loss ${name} and its gradient agree with PyTorch: ${item.name}`, () => {
        const labels = tf.tensor4d(
          [...item.labels.values],
          item.labels.shape as [number, number, number, number],
          "int32",
        );
        const loss = lossFor(name, map);
        const logits = float(item.logits) as tf.Tensor5D;
        const { value, grad } = tf.valueAndGrad((x) => loss(x as tf.Tensor5D, labels))(logits);
        expectClose(value, [item.losses[name].value], TOLERANCE.loss, "loss");
        expectTensor(grad, item.losses[name].gradient, TOLERANCE.loss, "gradient");
        const doubled = tf.grad((x) => tf.mul(loss(x as tf.Tensor5D, labels), 2))(logits);
        expectValues([doubled, grad], ([twice = [], once = []]) => {
          const expected = Array.from(once, (g) => 2 * g);
          assertClose(twice, expected, TOLERANCE.loss, "gradient of twice the loss");
        });
      });
    }
  }

  check("logits of 900 give exact losses and gradients, where a softmax would overflow", () => {
    const logits = tf.tensor5d([900, -900, 0, -900, 900, 0, 900, 900, -900], [1, 1, 1, 3, 3]);
    const labels = tf.tensor4d([0, 0, 1], [1, 1, 1, 3], "int32");
    const { value, grad } = tf.valueAndGrad((x) => ace(x as tf.Tensor5D, labels, { sets: [1, 6] }))(logits);
    // Voxel by voxel 0, 1800, log 2; gradients softmax over all − softmax over the set.
    expectClose(value, [(1800 + Math.log(2)) / 3], 1e-6, "loss");
    expectClose(
      grad,
      [0, 0, 0, -1, 1, 0, 0.5, -0.5, 0].map((g) => g / 3),
      1e-6,
      "gradient",
    );
    const dice = tf.valueAndGrad((x) => marginalDice(x as tf.Tensor5D, labels, { sets: [1, 6], foreground: [1] }));
    const scored = dice(logits);
    // P of {1, 2} is 0, 1, 1/2 and g is 0, 0, 1: 1 − (2·½ + 1) / (1½ + 1 + 1).
    expectClose(scored.value, [1 - 2 / 3.5], 1e-6, "Dice");
    expectValues([scored.grad], ([values = []]) => {
      assert.ok(Array.from(values).every(Number.isFinite));
    });
  });

  for (const scored of [33, 40, 64]) {
    check(`marginal Dice over ${scored} foreground sets and its gradient agree with float64`, () => {
      const [classes, voxels] = [8, 5 * 6 * 7];
      // The background alone, then different sets of the other seven classes.
      const sets = Array.from({ length: scored + 1 }, (_, s) => (s === 0 ? 1 : 2 * s));
      const foreground = sets.slice(1).map((_, i) => i + 1);
      const labels = Int32Array.from({ length: voxels }, (_, i) => (i * 11) % sets.length);
      const logits = Float32Array.from({ length: voxels * classes }, (_, i) => 3 * Math.sin(i * 1.7));
      const expected = marginalDiceForwardBackward(logits, labels, sets, foreground, classes);
      const volume = tf.tensor4d(labels, [1, 5, 6, 7], "int32");
      const { value, grad } = tf.valueAndGrad((x) => marginalDice(x as tf.Tensor5D, volume, { sets, foreground }))(
        tf.tensor5d(logits, [1, 5, 6, 7, classes]),
      );
      expectClose(value, [expected.loss], TOLERANCE.loss, "loss");
      expectClose(grad, expected.gradient, TOLERANCE.loss, "gradient");
    });
  }

  check("the set of all classes costs exactly nothing, in the loss and in the gradient", () => {
    const logits = tf.randomNormal<tf.Rank.R5>([1, 2, 2, 3, 4], 0, 5, "float32", 1);
    const labels = tf.zeros<tf.Rank.R4>([1, 2, 2, 3], "int32");
    for (const loss of [ace, marginalDice]) {
      const { value, grad } = tf.valueAndGrad((x) =>
        loss(x as tf.Tensor5D, labels, { sets: [15, 2], foreground: [1] }),
      )(logits);
      expectValues([value, grad], ([cost = [], slope = []]) => {
        assert.equal(cost[0], 0);
        assert.ok(Array.from(slope).every((g) => g === 0));
      });
    }
  });

  for (const item of fixtures.optimisers) {
    check(`four steps agree with PyTorch: ${item.name}`, () => {
      let variable: tf.Tensor = float(item.start);
      let m: tf.Tensor = tf.zerosLike(variable);
      let v: tf.Tensor = tf.zerosLike(variable);
      for (const [i, gradient] of item.gradients.entries()) {
        if (item.kind === "sgd") {
          ({ variable, velocity: v } = sgdStep(
            variable,
            float(gradient),
            v,
            item.attributes as unknown as SgdAttributes,
          ));
        } else {
          const attributes = { ...item.attributes, step: i + 1 } as unknown as AdamAttributes;
          ({ variable, m, v } = adamStep(variable, float(gradient), m, v, attributes));
        }
        expectTensor(variable, item.path[i], TOLERANCE.optimiser, `step ${i + 1}`);
      }
    });
  }

  for (const item of fixtures.networks) {
    check(`forward and every gradient of a whole network agree with PyTorch: ${item.name}`, () => {
      checkNetwork(item);
    });
  }
}

function checkNetwork(item: NetworkCase): void {
  const names = item.weights.map(({ name }) => name);
  const weights = item.weights.map(float);
  const x = float(item.x) as tf.Tensor5D;
  const labels = tf.tensor4d([...item.labels.values], item.labels.shape as [number, number, number, number], "int32");
  const space = labelSpace(Array.from({ length: item.spec.classes }, (_, k) => `class ${k}`));
  const last = `class ${item.spec.classes - 1}`;
  const loss = lossFor("ace-dice", resolveLabelMap({ values: { 0: "rest", 1: [last] } }, space));
  const logits = (values: tf.Tensor[], checkpointing: boolean): tf.Tensor5D =>
    forward(
      new Map(values.map((value, i) => [names[i] ?? "", value])),
      x,
      { ...item.spec, architecture: "unet" },
      { checkpointing },
    );

  expectTensor(logits(weights, false), item.logits, TOLERANCE.network, "logits");
  for (const checkpointing of [false, true]) {
    const { value, gradients } = valueAndGradients(() => loss(logits(weights, checkpointing), labels), weights);
    expectClose(value, [item.loss], TOLERANCE.network, "loss");
    for (const [i, name] of names.entries()) {
      expectTensor(gradients[i], item.gradients[name], TOLERANCE.network, `gradient of ${name}`);
    }
  }
}
