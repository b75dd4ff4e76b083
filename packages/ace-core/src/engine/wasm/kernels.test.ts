import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import type { OpenedDriver } from "../driver.js";
import { wasmDriver } from "../drivers/wasm.js";
import { KERNELS } from "../ops/contracts.js";
import { tf } from "../tf.js";
import type { KernelBuild } from "./module.js";
import { assertAgrees, integers, normal } from "./reference.js";

type Volume = readonly [number, number, number, number];

/** Odd and even, cubes and not, a single voxel. */
const VOLUMES: readonly Volume[] = [
  [1, 1, 1, 1],
  [2, 2, 3, 5],
  [1, 7, 6, 9],
  [3, 4, 4, 4],
];
const CHANNELS = [1, 2, 3, 5, 8, 16, 33] as const;

const ENGINES: readonly { build: KernelBuild; threads: number }[] = [
  { build: "simd", threads: 1 },
  { build: "relaxed", threads: 2 },
  { build: "simd", threads: 3 },
];

for (const { build, threads } of ENGINES) {
  describe(`wasm kernels agree with the plain ones (${build}, ${threads} threads)`, () => {
    let engine: OpenedDriver;
    before(async () => {
      engine = await wasmDriver({ builds: [build] }).open(threads);
      tf.engine().startScope();
    });
    after(async () => {
      tf.engine().endScope();
      await engine.close();
    });

    test("convolution and its gradients, for any size, window and number of channels", () => {
      VOLUMES.forEach((size, v) => {
        CHANNELS.forEach((inputs, i) => {
          const outputs = CHANNELS[(i + v) % CHANNELS.length] ?? 1;
          for (const side of [1, 3]) {
            convolutionAgrees(size, inputs, outputs, [side, side, side]);
          }
        });
      });
      convolutionAgrees([2, 4, 5, 6], 3, 6, [1, 3, 5]);
      convolutionAgrees([1, 6, 5, 7], 2, 4, [5, 3, 1]);
      convolutionAgrees([2, 17, 9, 20], 8, 8, [3, 3, 3]);
    });

    test("convolution by Winograd's transform: any size, many channels, more samples than chunks", () => {
      convolutionAgrees([1, 5, 6, 10], 8, 12, [3, 3, 3]);
      convolutionAgrees([2, 1, 4, 5], 4, 8, [3, 3, 3]);
      convolutionAgrees([1, 3, 21, 7], 12, 20, [3, 3, 3]);
      convolutionAgrees([19, 2, 5, 4], 8, 4, [3, 3, 3]);
      convolutionAgrees([1, 4, 8, 8], 64, 36, [3, 3, 3]);
    });

    test("transposed convolution and its gradients", () => {
      VOLUMES.forEach(([n, d, h, w], v) => {
        CHANNELS.forEach((inputs, i) => {
          const outputs = CHANNELS[(i + v + 1) % CHANNELS.length] ?? 1;
          const x = normal([n, d, h, w, inputs], 1);
          const filter = normal([2, 2, 2, outputs, inputs], 2);
          const bias = normal([outputs], 3);
          const dy = normal([n, 2 * d, 2 * h, 2 * w, outputs], 4);
          assertAgrees(KERNELS.convTranspose3d, { x, filter, bias });
          assertAgrees(KERNELS.convTranspose3dGradInput, { dy, filter });
          assertAgrees(KERNELS.convTranspose3dGradFilter, { x, dy });
        });
      });
    });

    test("maximum pooling and its gradient, ties included", () => {
      for (const channels of CHANNELS) {
        const x = tf.round(normal([2, 4, 2, 6, channels], 5));
        const y = tf.engine().runKernel(KERNELS.maxPool3d, { x }) as unknown as tf.Tensor;
        const dy = normal([2, 2, 1, 3, channels], 6);
        assertAgrees(KERNELS.maxPool3d, { x }, {}, 0);
        assertAgrees(KERNELS.maxPool3dGrad, { dy, x, y }, {}, 0);
      }
    });

    test("group norm and its gradients, with and without ReLU, instance norm included", () => {
      for (const [channels, groups] of [
        [1, 1],
        [2, 1],
        [3, 3],
        [5, 1],
        [6, 2],
        [8, 4],
        [16, 8],
        [33, 11],
      ] as const) {
        VOLUMES.slice(1).forEach(([n, d, h, w], v) => {
          const x = tf.add(normal([n, d, h, w, channels], 7), 3);
          normAgrees(x, channels, { groups, epsilon: 1e-5, relu: v % 2 === 0 });
        });
      }
    });

    test("group norm keeps its accuracy where the mean is a thousand times the deviation", () => {
      const x = tf.add(normal([1, 8, 8, 8, 8], 8), 1000);
      assertAgrees(
        KERNELS.groupNorm,
        { x, gamma: tf.ones([8]), beta: tf.zeros([8]) },
        { groups: 2, epsilon: 1e-5, relu: false },
        2e-4,
      );
    });

    test("adaptive cross entropy: one-class sets, larger ones, ignore, and logits of ±900", () => {
      for (const classes of [2, 3, 5, 8]) {
        const all = 2 ** classes - 1;
        for (const scale of [1, 900]) {
          const logits = normal([2, 3, 4, 5, classes], 9, scale);
          const labels = integers([2, 3, 4, 5], 4, 10);
          assertAgrees(KERNELS.ace, { logits, labels }, { sets: [1, 2, all - 2, all] });
        }
      }
    });

    test("adaptive cross entropy is exactly 0 where every class is allowed", () => {
      const logits = normal([1, 3, 3, 3, 5], 11, 10);
      const labels = tf.zeros([1, 3, 3, 3], "int32");
      const [loss, gradient] = tf
        .engine()
        .runKernel(KERNELS.ace, { logits, labels }, { sets: [31] }) as unknown as tf.Tensor[];
      assert.equal(loss?.dataSync()[0], 0);
      assert.ok(gradient?.dataSync().every((value) => Math.abs(value) === 0));
    });

    test("marginal Dice: any foreground, overlapping sets, labels that do not tell", () => {
      const labels = integers([2, 5, 6, 43], 5, 12);
      const logits = normal([2, 5, 6, 43, 5], 13, 2);
      for (const foreground of [[], [1], [1, 2], [1, 2, 3]]) {
        assertAgrees(KERNELS.marginalDice, { logits, labels }, { sets: [1, 2, 12, 24, 31], foreground });
      }
      assertAgrees(
        KERNELS.marginalDice,
        { logits: tf.mul(logits, 450), labels },
        { sets: [15, 16, 31, 1, 2], foreground: [1] },
      );
    });

    test("the optimisers", () => {
      for (const shape of [[1], [3, 3, 3, 5, 7], [2, 2, 2, 33, 33]]) {
        const [variable, gradient, m] = [normal(shape, 14), normal(shape, 15), normal(shape, 16)];
        const v = tf.square(normal(shape, 17));
        for (const nesterov of [false, true]) {
          const attributes = { learningRate: 0.1, momentum: 0.9, nesterov };
          assertAgrees(KERNELS.sgd, { variable, gradient, velocity: m }, attributes);
        }
        for (const step of [1, 10, 1000]) {
          const attributes = { learningRate: 0.01, beta1: 0.9, beta2: 0.999, epsilon: 1e-8, step };
          assertAgrees(KERNELS.adam, { variable, gradient, m, v }, attributes);
        }
      }
    });

    test("sums, differences, products and Softmax of whole volumes, with single numbers, broadcasting and other types", () => {
      const a = normal([2, 5, 7, 9, 3], 18);
      for (const name of ["Add", "Sub", "Multiply"]) {
        assertAgrees(name, { a, b: normal([2, 5, 7, 9, 3], 19) });
        assertAgrees(name, { a, b: normal([], 23) });
        assertAgrees(name, { a: normal([], 24), b: a });
        assertAgrees(name, { a, b: normal([3], 20) });
        assertAgrees(name, { a: integers([4000], 9, 21), b: integers([4000], 9, 22) });
      }
      assertAgrees("Square", { x: a });
      assertAgrees("Sum", { x: a }, { axis: [0, 1, 2, 3, 4], keepDims: false });
      assertAgrees("Sum", { x: a }, { axis: [0, 2], keepDims: true });
      assertAgrees("Softmax", { logits: tf.mul(a, 30) }, { dim: 4 });
    });
  });
}

function convolutionAgrees([n, d, h, w]: Volume, inputs: number, outputs: number, kernel: readonly number[]): void {
  tf.tidy(() => {
    const x = normal([n, d, h, w, inputs], 1);
    const filter = normal([...kernel, inputs, outputs], 2);
    const bias = normal([outputs], 3);
    const dy = normal([n, d, h, w, outputs], 4);
    assertAgrees(KERNELS.conv3d, { x, filter, bias });
    assertAgrees(KERNELS.conv3dGradInput, { dy, filter });
    assertAgrees(KERNELS.conv3dGradFilter, { x, dy }, { kernel });
  });
}

function normAgrees(
  x: tf.Tensor,
  channels: number,
  attributes: { groups: number; epsilon: number; relu: boolean },
): void {
  const [gamma, beta, dy] = [normal([channels], 23), normal([channels], 24), normal(x.shape, 25)];
  assertAgrees(KERNELS.groupNorm, { x, gamma, beta }, attributes, 5e-6);
  const [, mean, inverseDeviation] = tf
    .engine()
    .runKernel(KERNELS.groupNorm, { x, gamma, beta }, { ...attributes }) as unknown as tf.Tensor[];
  assert.ok(mean !== undefined && inverseDeviation !== undefined);
  assertAgrees(KERNELS.groupNormGrad, { dy, x, gamma, beta, mean, inverseDeviation }, attributes, 2e-5);
}
