import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { isFedaceError } from "../../foundation/index.js";
import type { OpenedDriver } from "../driver.js";
import { wasmDriver } from "../drivers/wasm.js";
import { KERNELS } from "../ops/contracts.js";
import { tf } from "../tf.js";
import type { WasmBackend } from "./backend.js";
import { normal, runKernel } from "./reference.js";

const backend = (): WasmBackend => tf.backend() as unknown as WasmBackend;
const list = (tensor: tf.Tensor): number[] => Array.from(tensor.dataSync());

describe("the wasm backend in tfjs", () => {
  let engine: OpenedDriver;
  before(async () => {
    engine = await wasmDriver().open(2);
  });
  after(() => engine.close());

  test("operations that are not ours work on tensors that our kernels made", () => {
    tf.tidy(() => {
      const made = tf.add(tf.range(0, 2048), tf.zeros([2048])).reshape([2, 1024]);
      assert.deepEqual(list(tf.slice(made, [1, 1], [1, 3])), [1025, 1026, 1027]);
      assert.deepEqual(
        list(tf.concat([tf.slice(made, [0, 0], [1, 2]), tf.slice(made, [1, 0], [1, 2])], 0)),
        [0, 1, 1024, 1025],
      );
      assert.equal(list(tf.sum(made))[0], (2047 * 2048) / 2);
      assert.deepEqual(list(tf.transpose(made)).slice(0, 4), [0, 1024, 1, 1025]);
      assert.deepEqual(list(tf.argMax(made, 1)), [1023, 1023]);
      assert.deepEqual(list(tf.cast(made, "int32").mul(tf.scalar(2, "int32"))).slice(0, 3), [0, 2, 4]);
      assert.deepEqual(list(tf.greater(made, 2046)).slice(-2), [0, 1]);
      assert.equal(list(tf.softmax(made.reshape([2048]))).length, 2048);
    });
  });

  test("a slice keeps its values when what it was cut from is gone", () => {
    const whole = tf.tidy(() => tf.add(tf.ones([4096]), tf.ones([4096])));
    const part = tf.slice(whole, 100, 50);
    whole.dispose();
    const other = tf.tidy(() => tf.add(tf.zeros([4096]), tf.zeros([4096])));
    assert.ok(part.dataSync().every((value) => value === 2));
    tf.dispose([part, other]);
  });

  test("values that were read do not change afterwards", () => {
    const tensor = tf.tidy(() => tf.add(tf.ones([4096]), tf.ones([4096])));
    const values = tensor.dataSync();
    tensor.dispose();
    const other = tf.tidy(() => tf.add(tf.zeros([4096]), tf.zeros([4096])));
    assert.ok(values.every((value) => value === 2));
    other.dispose();
  });

  test("reshapes and clones share memory and free it once", () => {
    const { used } = backend().heap;
    const tensor = tf.tidy(() => tf.add(tf.ones([4096]), tf.ones([4096])));
    const copies = [tf.reshape(tensor, [64, 64]), tf.clone(tensor)];
    const held = backend().heap.used;
    tensor.dispose();
    assert.equal(backend().heap.used, held);
    tf.dispose(copies);
    assert.equal(backend().heap.used, used);
  });

  test("complex, boolean and string tensors go the plain way", () => {
    tf.tidy(() => {
      const z = tf.complex([1, 2], [3, 4]);
      assert.deepEqual(list(tf.imag(z)), [3, 4]);
      assert.deepEqual(list(tf.logicalNot(tf.tensor1d([true, false], "bool"))), [0, 1]);
      assert.deepEqual(tf.tensor1d(["a", "b"]).dataSync(), ["a", "b"]);
    });
  });

  test("a training step's operations leave no tensor and no byte behind", () => {
    const before = { tensors: tf.memory().numTensors, used: backend().heap.used, blocks: backend().heap.blocks };
    for (let step = 0; step < 3; step++) everyKernelTidied();
    const afterwards = { tensors: tf.memory().numTensors, used: backend().heap.used, blocks: backend().heap.blocks };
    assert.deepEqual(afterwards, before);
  });

  test("a tensor too large is ENGINE_MEMORY and leaves the engine as it was", () => {
    const { used } = backend().heap;
    assert.throws(
      () => backend().allocate([2 ** 31]),
      (error) => isFedaceError(error, "ENGINE_MEMORY"),
    );
    assert.equal(backend().heap.used, used);
  });
});

/** Runs every kernel once; the values of all results. */
function everyKernel(): Float32Array[] {
  const results: tf.Tensor[] = [];
  const run = (name: string, inputs: Record<string, tf.Tensor>, attributes: object = {}): tf.Tensor[] => {
    const made = runKernel(name, inputs, attributes);
    results.push(...made);
    return made;
  };
  const x = normal([3, 8, 6, 10, 5], 1);
  const dy = normal([3, 8, 6, 10, 9], 2);
  const filter = normal([3, 3, 3, 5, 9], 3);
  run(KERNELS.conv3d, { x, filter, bias: normal([9], 4) });
  run(KERNELS.conv3dGradInput, { dy, filter });
  run(KERNELS.conv3dGradFilter, { x, dy }, { kernel: [3, 3, 3] });
  const up = normal([2, 2, 2, 3, 5], 5);
  const raised = run(KERNELS.convTranspose3d, { x, filter: up, bias: normal([3], 6) });
  run(KERNELS.convTranspose3dGradInput, { dy: raised[0] ?? x, filter: up });
  run(KERNELS.convTranspose3dGradFilter, { x, dy: raised[0] ?? x });
  const pooled = run(KERNELS.maxPool3d, { x });
  run(KERNELS.maxPool3dGrad, { dy: pooled[0] ?? x, x, y: pooled[0] ?? x });
  const norm = { groups: 3, epsilon: 1e-5, relu: true };
  const scales = { gamma: normal([9], 7), beta: normal([9], 8) };
  const [, mean, inverseDeviation] = run(KERNELS.groupNorm, { x: dy, ...scales }, norm);
  run(KERNELS.groupNormGrad, { dy, x: dy, ...scales, mean: mean ?? x, inverseDeviation: inverseDeviation ?? x }, norm);
  const labels = tf.zeros([3, 8, 6, 10], "int32");
  run(KERNELS.ace, { logits: x, labels }, { sets: [3, 4] });
  run(KERNELS.marginalDice, { logits: x, labels }, { sets: [3, 4], foreground: [0, 1] });
  run(KERNELS.sgd, { variable: x, gradient: x, velocity: x }, { learningRate: 0.1, momentum: 0.9, nesterov: true });
  const adam = { learningRate: 0.1, beta1: 0.9, beta2: 0.99, epsilon: 1e-8, step: 1 };
  run(KERNELS.adam, { variable: x, gradient: x, m: x, v: tf.square(x) }, adam);
  run("Add", { a: x, b: x });
  run("Softmax", { logits: x }, { dim: 4 });
  return results.map((tensor) => tensor.dataSync() as Float32Array);
}

function everyKernelTidied(): Float32Array[] {
  tf.engine().startScope();
  const values = everyKernel();
  tf.engine().endScope();
  return values;
}

test("an operation that does not fit is ENGINE_MEMORY, leaves nothing behind, and a smaller one still runs", async () => {
  const engine = await wasmDriver({ maximumPages: 16 * 32 }).open(2);
  const { heap } = backend();
  const convolve = (side: number): void => {
    tf.tidy(() => {
      const x = tf.zeros([1, side, side, side, 8]);
      const filter = tf.zeros([3, 3, 3, 8, 8]);
      return runKernel(KERNELS.conv3d, { x, filter, bias: tf.zeros([8]) })[0] ?? x;
    }).dispose();
  };
  assert.throws(
    () => {
      convolve(96);
    },
    (error) => isFedaceError(error, "ENGINE_MEMORY"),
  );
  assert.equal(heap.used, 0);
  convolve(32);
  assert.equal(heap.used, 0);
  await engine.close();
});

test("results are the same to the last bit however many threads compute them, and every time", async () => {
  const runs: Float32Array[][] = [];
  for (const threads of [1, 2, 2, 3]) {
    const engine = await wasmDriver().open(threads);
    runs.push(everyKernelTidied());
    await engine.close();
  }
  for (const run of runs) assert.deepEqual(run, runs[0]);
});

test("the plain and the relaxed build agree", async () => {
  const runs: Float32Array[][] = [];
  for (const build of ["simd", "relaxed"] as const) {
    const engine = await wasmDriver({ builds: [build] }).open(1);
    runs.push(everyKernelTidied());
    await engine.close();
  }
  runs[0]?.forEach((values, index) => {
    const scale = values.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
    values.forEach((value, i) => {
      assert.ok(Math.abs(value - (runs[1]?.[index]?.[i] ?? NaN)) <= 1e-5 * scale);
    });
  });
});
