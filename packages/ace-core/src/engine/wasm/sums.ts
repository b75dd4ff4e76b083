import type { TensorInfo } from "@tensorflow/tfjs-core";
import type { WasmBackend } from "./backend.js";

/** Chunks of positions over which float64 partial sums are taken; fixed, so that the order of the sum is. */
const SUM_CHUNKS = 32;

/** Positions that a chunk has at least; a multiple of the 64 that kernels add in float32. */
const CHUNK_POSITIONS = 1024;

/** Positions per chunk when `positions` are divided over at most {@link SUM_CHUNKS}. */
function positionsPerChunk(positions: number): number {
  return Math.max(CHUNK_POSITIONS, Math.ceil(positions / SUM_CHUNKS / 64) * 64);
}

/** Sums over all axes but the last: `[channels]`. */
export function channelSums(backend: WasmBackend, x: TensorInfo): TensorInfo {
  const channels = x.shape.at(-1) ?? 1;
  const positions = x.shape.slice(0, -1).reduce((product, size) => product * size, 1);
  const perChunk = positionsPerChunk(positions);
  const chunks = Math.ceil(positions / perChunk);
  const out = backend.allocate([channels]);
  const from = backend.pointer(x);
  backend.scratch(chunks * channels * 8, (partial) => {
    backend.pool.run("columnSums", chunks, [from, partial, positions, channels, perChunk]);
    backend.pool.run("reduceColumns", 1, [partial, out.pointer, chunks, channels]);
  });
  return out.info;
}

/** Adds up the partial sums of a filter gradient. `sizes`: chunks, taps, rows, columns of the filter. */
export function reducePartial(
  backend: WasmBackend,
  partial: number,
  out: number,
  sizes: readonly [number, number, number, number],
): void {
  backend.pool.run("reducePartial", sizes[1], [partial, out, ...sizes]);
}
