import { tf } from "../tf.js";
import { type GroupNormAttributes, KERNELS } from "../ops/contracts.js";
import type { WasmBackend } from "./backend.js";
import { roundUp } from "./partition.js";
import { type Inputs, kernel, volume } from "./register.js";

/** Floats of a sample that one task takes; a multiple of the 64 positions whose sums stay in float32. */
const CHUNK_FLOATS = 32 * 1024;

/** A vector that reaches behind the end of a volume must have room there. */
const VECTOR_BYTES = 16;

/** A sample's positions in chunks. */
function positionsOf(x: tf.TensorInfo): {
  n: number;
  positions: number;
  channels: number;
  per: number;
  chunks: number;
} {
  const [n, d, h, w, channels] = volume(x);
  const positions = d * h * w;
  const per = roundUp(Math.max(64, CHUNK_FLOATS / channels), 64);
  return { n, positions, channels, per, chunks: Math.ceil(positions / per) };
}

interface Normalised {
  readonly y: Made;
  readonly mean: Made;
  readonly inverse: Made;
}
type Made = ReturnType<WasmBackend["allocate"]>;

/** The moments, then `apply` with the tables of what each position needs of its channel. */
function normalise(
  backend: WasmBackend,
  { x, gamma, beta }: Inputs<"x" | "gamma" | "beta">,
  { groups, epsilon }: GroupNormAttributes,
  apply: (from: number, to: number, tables: number) => void,
): Normalised {
  const { n, positions, channels, per, chunks } = positionsOf(x);
  const y = backend.allocate(x.shape);
  const mean = backend.allocate([n, groups]);
  const inverse = backend.allocate([n, groups]);
  const [from, scale, shift] = [backend.pointer(x), backend.pointer(gamma), backend.pointer(beta)];
  const tableBytes = n * channels * 3 * 4;
  backend.scratch(roundUp(tableBytes, 64) + n * chunks * channels * 16, (tables) => {
    const moments = tables + roundUp(tableBytes, 64);
    backend.pool.run("normMoments", n * chunks, [from, moments, positions, channels, per, chunks]);
    const finish = [moments, scale, shift, mean.pointer, inverse.pointer, tables, positions, channels, per, chunks];
    backend.pool.run("normFinish", n, [...finish, groups], [epsilon]);
    apply(from, y.pointer, tables);
  });
  return { y, mean, inverse };
}

function forward(
  backend: WasmBackend,
  inputs: Inputs<"x" | "gamma" | "beta">,
  attributes: GroupNormAttributes,
): tf.TensorInfo[] {
  const { n, positions, channels, per, chunks } = positionsOf(inputs.x);
  const made = normalise(backend, inputs, attributes, (from, to, tables) => {
    const sizes = [positions, channels, per, chunks, Number(attributes.relu)];
    backend.pool.run("normApply", n * chunks, [from, to, tables, ...sizes]);
  });
  return [made.y.info, made.mean.info, made.inverse.info];
}

/** Applies and pools four rows at a time, while they are in the cache. */
function forwardPool(
  backend: WasmBackend,
  inputs: Inputs<"x" | "gamma" | "beta">,
  attributes: GroupNormAttributes,
): tf.TensorInfo[] {
  const [n, dd, hh, ww, channels] = volume(inputs.x);
  const [d, h, w] = [dd / 2, hh / 2, ww / 2];
  const pooled = backend.allocate([n, d, h, w, channels]);
  const made = normalise(backend, inputs, attributes, (from, to, tables) => {
    const sizes = [d, h, w, channels, Number(attributes.relu)];
    backend.pool.run("normApplyPool", n * d, [from, to, pooled.pointer, tables, ...sizes]);
  });
  return [made.y.info, pooled.info, made.mean.info, made.inverse.info];
}

type Normed = Inputs<"x" | "gamma" | "beta" | "mean" | "inverseDeviation">;

/** @param dy address of the gradient behind the normalisation. */
function gradient(
  backend: WasmBackend,
  dy: number,
  inputs: Normed,
  { groups, relu }: GroupNormAttributes,
): tf.TensorInfo[] {
  const { n, positions, channels, per, chunks } = positionsOf(inputs.x);
  const dx = backend.allocate(inputs.x.shape);
  const dgamma = backend.allocate([channels]);
  const dbeta = backend.allocate([channels]);
  const x = backend.pointer(inputs.x);
  const [gamma, beta] = [backend.pointer(inputs.gamma), backend.pointer(inputs.beta)];
  const [mean, inverse] = [backend.pointer(inputs.mean), backend.pointer(inputs.inverseDeviation)];
  const tableBytes = n * channels * 6 * 4;
  backend.scratch(roundUp(tableBytes, 64) + n * chunks * channels * 16, (tables) => {
    const sums = tables + roundUp(tableBytes, 64);
    const sizes = [positions, channels, per, chunks, Number(relu)];
    backend.pool.run("normGradTables", n, [gamma, beta, mean, inverse, tables, channels, groups]);
    backend.pool.run("normGradSums", n * chunks, [dy, x, sums, tables, ...sizes]);
    const finish = [sums, gamma, dgamma.pointer, dbeta.pointer, tables, n, positions, channels, chunks, groups];
    backend.pool.run("normGradFinish", groups, finish);
    backend.pool.run("normGradApply", n * chunks, [dy, x, dx.pointer, tables, ...sizes]);
  });
  return [dx.info, dgamma.info, dbeta.info];
}

/** The pooling's gradient added to that of the skip connection in one pass, then as without pooling. */
function gradientPool(
  backend: WasmBackend,
  inputs: Normed & Inputs<"dy" | "dpooled" | "y" | "pooled">,
  attributes: GroupNormAttributes,
): tf.TensorInfo[] {
  const [n, d, h, w, channels] = volume(inputs.pooled);
  const both = [inputs.dpooled, inputs.y, inputs.pooled].map((tensor) => backend.pointer(tensor));
  const dy = backend.pointer(inputs.dy);
  return backend.scratch(tf.util.sizeFromShape(inputs.y.shape) * 4 + VECTOR_BYTES, (sum) => {
    backend.pool.run("maxPoolGrad", n * d, [...both, sum, d, h, w, channels, dy]);
    return gradient(backend, sum, inputs, attributes);
  });
}

/** Registers group norm with ReLU, the same with pooling, and their gradients. */
export function registerNormalisation(): void {
  kernel<"x" | "gamma" | "beta", GroupNormAttributes>(KERNELS.groupNorm, forward);
  kernel<"x" | "gamma" | "beta", GroupNormAttributes>(KERNELS.groupNormPool, forwardPool);
  kernel<keyof Normed | "dy", GroupNormAttributes>(KERNELS.groupNormGrad, (backend, inputs, attributes) =>
    gradient(backend, backend.pointer(inputs.dy), inputs, attributes),
  );
  kernel<keyof Normed | "dy" | "dpooled" | "y" | "pooled", GroupNormAttributes>(
    KERNELS.groupNormPoolGrad,
    gradientPool,
  );
}
