import type { tf } from "../tf.js";
import { type GroupNormAttributes, KERNELS } from "../ops/contracts.js";
import type { WasmBackend } from "./backend.js";
import { roundUp } from "./partition.js";
import { type Inputs, kernel, volume } from "./register.js";

/** Floats of a sample that one task takes; a multiple of the 64 positions whose sums stay in float32. */
const CHUNK_FLOATS = 32 * 1024;

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

function forward(
  backend: WasmBackend,
  { x, gamma, beta }: Inputs<"x" | "gamma" | "beta">,
  { groups, epsilon, relu }: GroupNormAttributes,
): tf.TensorInfo[] {
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
    const apply = [from, y.pointer, tables, positions, channels, per, chunks, Number(relu)];
    backend.pool.run("normApply", n * chunks, apply);
  });
  return [y.info, mean.info, inverse.info];
}

function gradient(
  backend: WasmBackend,
  inputs: Inputs<"dy" | "x" | "gamma" | "beta" | "mean" | "inverseDeviation">,
  { groups, relu }: GroupNormAttributes,
): tf.TensorInfo[] {
  const { n, positions, channels, per, chunks } = positionsOf(inputs.x);
  const dx = backend.allocate(inputs.x.shape);
  const dgamma = backend.allocate([channels]);
  const dbeta = backend.allocate([channels]);
  const [dy, x] = [backend.pointer(inputs.dy), backend.pointer(inputs.x)];
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

/** Registers group norm with ReLU, and its gradient. */
export function registerNormalisation(): void {
  kernel<"x" | "gamma" | "beta", GroupNormAttributes>(KERNELS.groupNorm, forward);
  kernel<"dy" | "x" | "gamma" | "beta" | "mean" | "inverseDeviation", GroupNormAttributes>(
    KERNELS.groupNormGrad,
    gradient,
  );
}
