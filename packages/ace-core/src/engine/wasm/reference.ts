/** For tests: a kernel of the wasm engine beside the plain one on the same random tensors. */
import assert from "node:assert/strict";
import { seededRandom } from "../../foundation/index.js";
import { tf } from "../tf.js";

/** A seeded standard normal tensor. */
export function normal(shape: readonly number[], seed: number, scale = 1): tf.Tensor {
  const random = seededRandom(seed);
  const values = Float32Array.from({ length: tf.util.sizeFromShape([...shape]) }, () => scale * random.normal());
  return tf.tensor(values, [...shape]);
}

/** Seeded integers in `[0, bound)`. */
export function integers(shape: readonly number[], bound: number, seed: number): tf.Tensor {
  const random = seededRandom(seed);
  const values = Int32Array.from({ length: tf.util.sizeFromShape([...shape]) }, () => random.integer(bound));
  return tf.tensor(values, [...shape], "int32");
}

const listed = (outputs: tf.TensorInfo | tf.TensorInfo[]): tf.TensorInfo[] =>
  Array.isArray(outputs) ? outputs : [outputs];

/** Outputs of a kernel of the open engine. */
export function runKernel(
  name: string,
  inputs: Readonly<Record<string, tf.Tensor>>,
  attributes: object = {},
): tf.Tensor[] {
  return listed(tf.engine().runKernel(name, { ...inputs }, { ...attributes })) as unknown as tf.Tensor[];
}

/** The plain engine's values for the same inputs. */
function plainValues(
  name: string,
  inputs: Readonly<Record<string, tf.Tensor>>,
  attributes: object = {},
): { shape: number[]; values: Float32Array }[] {
  const backend = tf.backend();
  const outputs = tf.getKernel(name, "cpu").kernelFunc({ inputs: { ...inputs }, backend, attrs: { ...attributes } });
  return listed(outputs).map(({ dataId, shape }) => {
    const values = Float32Array.from(backend.readSync(dataId) as Float32Array);
    backend.disposeData(dataId);
    return { shape, values };
  });
}

/** Fails unless the kernel agrees with the plain one within `tolerance` times each output's largest value. */
export function assertAgrees(
  name: string,
  inputs: Readonly<Record<string, tf.Tensor>>,
  attributes: object = {},
  tolerance = 1e-5,
): void {
  const expected = plainValues(name, inputs, attributes);
  const actual = runKernel(name, inputs, attributes);
  assert.equal(actual.length, expected.length);
  actual.forEach((tensor, index) => {
    const reference = expected[index];
    assert.ok(reference !== undefined);
    assert.deepEqual(tensor.shape, reference.shape);
    assertClose(tensor.dataSync() as Float32Array, reference.values, tolerance, `${name}, output ${index}`);
    tensor.dispose();
  });
}

/** Fails unless the largest difference is at most `tolerance` times the largest reference value (or times 1e-3). */
function assertClose(actual: Float32Array, expected: Float32Array, tolerance: number, what: string): void {
  assert.equal(actual.length, expected.length, what);
  const scale = expected.reduce((most, value) => Math.max(most, Math.abs(value)), 1e-3);
  let worst = 0;
  actual.forEach((value, i) => {
    const difference = Math.abs(value - (expected[i] ?? NaN));
    if (!(difference <= worst)) worst = difference;
  });
  assert.ok(worst <= tolerance * scale, `${what}: off by ${worst} where the largest value is ${scale}`);
}
