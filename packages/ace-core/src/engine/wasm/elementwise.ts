import { tf } from "../tf.js";
import { type AdamAttributes, KERNELS, type SgdAttributes } from "../ops/contracts.js";
import type { WasmBackend } from "./backend.js";
import { type Inputs, kernel } from "./register.js";

/** Floats of one task; a multiple of a vector. */
const CHUNK = 64 * 1024;

/** Smaller sums are as fast in plain JavaScript. */
const WORTH_A_KERNEL = 1024;

const sizeOf = (tensor: tf.TensorInfo): number => tf.util.sizeFromShape(tensor.shape);

const tasksOf = (length: number): number => Math.ceil(length / CHUNK);

function sum(backend: WasmBackend, a: tf.TensorInfo, b: tf.TensorInfo): tf.TensorInfo {
  const length = sizeOf(a);
  const y = backend.allocate(a.shape);
  backend.pool.run("add", tasksOf(length), [backend.pointer(a), backend.pointer(b), y.pointer, length, CHUNK]);
  return y.info;
}

function sgd(
  backend: WasmBackend,
  { variable, gradient, velocity }: Inputs<"variable" | "gradient" | "velocity">,
  { learningRate, momentum, nesterov }: SgdAttributes,
): tf.TensorInfo[] {
  const length = sizeOf(variable);
  const next = [backend.allocate(variable.shape), backend.allocate(variable.shape)];
  const from = [variable, gradient, velocity].map((tensor) => backend.pointer(tensor));
  const to = next.map(({ pointer }) => pointer);
  backend.pool.run("sgd", tasksOf(length), [...from, ...to, length, CHUNK, Number(nesterov)], [learningRate, momentum]);
  return next.map(({ info }) => info);
}

function adam(
  backend: WasmBackend,
  { variable, gradient, m, v }: Inputs<"variable" | "gradient" | "m" | "v">,
  { learningRate, beta1, beta2, epsilon, step }: AdamAttributes,
): tf.TensorInfo[] {
  const length = sizeOf(variable);
  const next = [variable, m, v].map((tensor) => backend.allocate(tensor.shape));
  const from = [variable, gradient, m, v].map((tensor) => backend.pointer(tensor));
  const to = next.map(({ pointer }) => pointer);
  const corrections = [learningRate / (1 - beta1 ** step), 1 / (1 - beta2 ** step)];
  const decay = [beta1, 1 - beta1, beta2, 1 - beta2, epsilon];
  backend.pool.run("adam", tasksOf(length), [...from, ...to, length, CHUNK], [...corrections, ...decay]);
  return next.map(({ info }) => info);
}

/** Softmax over the last axis. */
function softmax(backend: WasmBackend, logits: tf.TensorInfo): tf.TensorInfo {
  const classes = logits.shape.at(-1) ?? 1;
  const rows = sizeOf(logits) / classes;
  const y = backend.allocate(logits.shape);
  const perSlot = classes * 16;
  const perTask = Math.max(4, Math.floor(CHUNK / classes / 4) * 4);
  const from = backend.pointer(logits);
  backend.scratch(perSlot * backend.pool.threads, (scratch) => {
    const sizes = [scratch, perSlot, rows, classes, perTask];
    backend.pool.run("softmax", Math.ceil(rows / perTask), [from, y.pointer, ...sizes]);
  });
  return y.info;
}

/** Two float32 tensors of the same shape, large enough. */
function alike(a: tf.TensorInfo, b: tf.TensorInfo): boolean {
  return (
    a.dtype === "float32" &&
    b.dtype === "float32" &&
    sizeOf(a) >= WORTH_A_KERNEL &&
    tf.util.arraysEqual(a.shape, b.shape)
  );
}

/**
 * Registers the optimisers, and tfjs's own Add and Softmax, which training and prediction use on whole volumes; what
 * our kernels do not do (broadcasting, other types) goes the plain way.
 */
export function registerElementwise(): void {
  kernel<"variable" | "gradient" | "velocity", SgdAttributes>(KERNELS.sgd, sgd);
  kernel<"variable" | "gradient" | "m" | "v", AdamAttributes>(KERNELS.adam, adam);
  const plainAdd = tf.getKernel("Add", "cpu").kernelFunc;
  kernel<"a" | "b">("Add", (backend, { a, b }) =>
    alike(a, b) ? sum(backend, a, b) : plainAdd({ inputs: { a, b }, backend }),
  );
  const plainSoftmax = tf.getKernel("Softmax", "cpu").kernelFunc;
  kernel<"logits", { dim: number }>("Softmax", (backend, { logits }, attributes) =>
    logits.dtype === "float32" && attributes.dim === logits.shape.length - 1
      ? softmax(backend, logits)
      : plainSoftmax({ inputs: { logits }, backend, attrs: { dim: attributes.dim } }),
  );
}
