import { tf } from "../tf.js";
import { type AdamAttributes, KERNELS, type SgdAttributes } from "../ops/contracts.js";
import type { WasmBackend } from "./backend.js";
import { type Inputs, kernel } from "./register.js";
import { channelSums } from "./sums.js";

/** Floats of one task; a multiple of a vector. */
const CHUNK = 64 * 1024;

/** Smaller sums are as fast in plain JavaScript. */
const WORTH_A_KERNEL = 1024;

const sizeOf = (tensor: tf.TensorInfo): number => tf.util.sizeFromShape(tensor.shape);

const tasksOf = (length: number): number => Math.ceil(length / CHUNK);

/** The operations of kernels/elementwise.ts, by tfjs's names. */
const BINARY = { Add: 0, Sub: 1, Multiply: 2 } as const;

function binary(
  backend: WasmBackend,
  operation: keyof typeof BINARY,
  a: tf.TensorInfo,
  b: tf.TensorInfo,
): tf.TensorInfo {
  const length = sizeOf(a);
  const y = backend.allocate(a.shape);
  const sizes = [length, CHUNK, BINARY[operation], Number(sizeOf(b) === 1)];
  backend.pool.run("binary", tasksOf(length), [backend.pointer(a), backend.pointer(b), y.pointer, ...sizes]);
  return y.info;
}

/**
 * A volume times a number. The number is nearly always 1, as what is differentiated is the loss itself: then the same
 * values are given out again, without a pass over them.
 */
function scale(backend: WasmBackend, { x, factor }: Inputs<"x" | "factor">): tf.TensorInfo {
  const [by = Number.NaN] = backend.readSync(factor.dataId) as Float32Array;
  if (by === 1) {
    backend.incRef(x.dataId);
    return { dataId: x.dataId, shape: x.shape, dtype: x.dtype };
  }
  const values = backend.readSync(x.dataId) as Float32Array;
  return backend.makeTensorInfo(
    x.shape,
    "float32",
    values.map((value) => value * by),
  );
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

const isLarge = (x: tf.TensorInfo): boolean => x.dtype === "float32" && sizeOf(x) >= WORTH_A_KERNEL;

/** A large float32 tensor, and one of the same shape or a single number. */
function suits(a: tf.TensorInfo, b: tf.TensorInfo): boolean {
  return isLarge(a) && b.dtype === "float32" && (tf.util.arraysEqual(a.shape, b.shape) || b.shape.length === 0);
}

/**
 * Registers the optimisers, and those of tfjs's own operations that training and prediction use on whole volumes and
 * on all weights; what our kernels do not do (broadcasting, other types) goes the plain way.
 */
export function registerElementwise(): void {
  kernel<"x" | "factor">(KERNELS.scale, scale);
  kernel<"variable" | "gradient" | "velocity", SgdAttributes>(KERNELS.sgd, sgd);
  kernel<"variable" | "gradient" | "m" | "v", AdamAttributes>(KERNELS.adam, adam);
  const plain = (name: string): ((call: PlainCall) => tf.TensorInfo) => {
    const { kernelFunc } = tf.getKernel(name, "cpu");
    return (call) => kernelFunc(call as Parameters<typeof kernelFunc>[0]) as tf.TensorInfo;
  };
  for (const name of ["Add", "Sub", "Multiply"] as const) {
    const otherwise = plain(name);
    kernel<"a" | "b">(name, (backend, { a, b }) => {
      if (suits(a, b)) return binary(backend, name, a, b);
      if (name !== "Sub" && suits(b, a)) return binary(backend, name, b, a);
      return otherwise({ inputs: { a, b }, backend });
    });
  }
  const plainSquare = plain("Square");
  kernel<"x">("Square", (backend, { x }) =>
    isLarge(x) ? binary(backend, "Multiply", x, x) : plainSquare({ inputs: { x }, backend }),
  );
  const plainSum = plain("Sum");
  kernel<"x", { axis: number | number[]; keepDims: boolean }>("Sum", (backend, { x }, attrs) => {
    const axes = tf.util.parseAxisParam(attrs.axis, x.shape);
    const total = isLarge(x) && axes.length === x.shape.length && !attrs.keepDims;
    if (!total) return plainSum({ inputs: { x }, backend, attrs });
    const { dataId, dtype } = channelSums(backend, { ...x, shape: [sizeOf(x), 1] });
    return { dataId, dtype, shape: [] };
  });
  const plainSoftmax = plain("Softmax");
  kernel<"logits", { dim: number }>("Softmax", (backend, { logits }, attrs) =>
    logits.dtype === "float32" && attrs.dim === logits.shape.length - 1
      ? softmax(backend, logits)
      : plainSoftmax({ inputs: { logits }, backend, attrs }),
  );
}

/** What a plain kernel is called with. */
interface PlainCall {
  readonly inputs: Readonly<Record<string, tf.TensorInfo>>;
  readonly backend: WasmBackend;
  readonly attrs?: object;
}
