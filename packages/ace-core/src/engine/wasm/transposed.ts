import type { TensorInfo } from "@tensorflow/tfjs-core";
import { KERNELS } from "../ops/contracts.js";
import type { WasmBackend } from "./backend.js";
import { withPackedFilter } from "./packing.js";
import { filterChunks, roundUp } from "./partition.js";
import { kernel, volume } from "./register.js";
import { reducePartial } from "./sums.js";

const TAPS = 8;

/** Scratch per thread: a table of up to four runs. */
const TABLE_BYTES = 64;

function forward(backend: WasmBackend, x: TensorInfo, filter: TensorInfo, bias: TensorInfo): TensorInfo {
  const [n, d, h, w, inputs] = volume(x);
  const outputs = volume(filter)[3];
  const y = backend.allocate([n, 2 * d, 2 * h, 2 * w, outputs]);
  const from = backend.pointer(x);
  const view = {
    ...{ taps: 1, inputs, outputs, tapStride: 0, inputStride: 1, outputStride: inputs },
    ...{ groups: TAPS, groupStride: inputs * outputs },
  };
  withPackedFilter(backend, filter, bias, view, (packed) => {
    backend.scratch(TABLE_BYTES * backend.pool.threads, (table) => {
      const sizes = [d, h, w, inputs, outputs];
      backend.pool.run("convTranspose", n * d, [from, packed, y.pointer, table, TABLE_BYTES, ...sizes]);
    });
  });
  return y.info;
}

function gradInput(backend: WasmBackend, dy: TensorInfo, filter: TensorInfo): TensorInfo {
  const [n, dd, hh, ww, outputs] = volume(dy);
  const [d, h, w] = [dd / 2, hh / 2, ww / 2];
  const inputs = volume(filter)[4];
  const dx = backend.allocate([n, d, h, w, inputs]);
  const from = backend.pointer(dy);
  // The two taps of a row are one run of 2 * outputs floats.
  const view = {
    ...{ taps: TAPS / 2, inputs: 2 * outputs, outputs: inputs },
    ...{ tapStride: 2 * outputs * inputs, inputStride: inputs, outputStride: 1 },
  };
  withPackedFilter(backend, filter, undefined, view, (packed) => {
    backend.scratch(TABLE_BYTES * backend.pool.threads, (table) => {
      const sizes = [d, h, w, inputs, outputs];
      backend.pool.run("convTransposeGradInput", n * d, [from, packed, dx.pointer, table, TABLE_BYTES, ...sizes]);
    });
  });
  return dx.info;
}

function gradFilter(backend: WasmBackend, x: TensorInfo, dy: TensorInfo): TensorInfo {
  const [n, d, h, w, inputs] = volume(x);
  const outputs = volume(dy)[4];
  const partialBytes = TAPS * roundUp(outputs, 4) * roundUp(inputs, 8) * 4;
  const split = filterChunks(n * d * h, w, inputs + TAPS * outputs, partialBytes);
  const dfilter = backend.allocate([2, 2, 2, outputs, inputs]);
  const [from, gradient] = [backend.pointer(x), backend.pointer(dy)];
  backend.scratch(split.partial * split.chunks, (partial) => {
    backend.scratch(split.scratch * backend.pool.threads, (scratch) => {
      const sizes = [n, d, h, w, inputs, outputs, split.rowsPerChunk, split.rowsPerBlock];
      const pointers = [from, gradient, partial, scratch, split.scratch];
      backend.pool.run("convTransposeGradFilter", split.chunks, [...pointers, ...sizes]);
    });
    reducePartial(backend, partial, dfilter.pointer, [split.chunks, TAPS, outputs, inputs]);
  });
  return dfilter.info;
}

/** Registers the 2×2×2 transposed convolution and its gradients. */
export function registerTransposedConvolution(): void {
  kernel<"x" | "filter" | "bias">(KERNELS.convTranspose3d, (backend, { x, filter, bias }) =>
    forward(backend, x, filter, bias),
  );
  kernel<"dy" | "filter">(KERNELS.convTranspose3dGradInput, (backend, { dy, filter }) =>
    gradInput(backend, dy, filter),
  );
  kernel<"x" | "dy">(KERNELS.convTranspose3dGradFilter, (backend, { x, dy }) => gradFilter(backend, x, dy));
}
