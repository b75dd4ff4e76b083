import type { TensorInfo } from "@tensorflow/tfjs-core";
import { KERNELS } from "../ops/contracts.js";
import type { WasmBackend } from "./backend.js";
import { type FilterView, withPackedFilter, withWinogradFilter } from "./packing.js";
import { filterChunks, inputBlocks, roundUp, suitsWinograd, type Window } from "./partition.js";
import { winogradBlocks, winogradChunks } from "./partition.js";
import { kernel, volume } from "./register.js";
import { channelSums, reducePartial } from "./sums.js";

function filterSizes(filter: TensorInfo): { window: Window; taps: number; inputs: number; outputs: number } {
  const [kd, kh, kw, inputs, outputs] = volume(filter);
  return { window: [kd, kh, kw], taps: kd * kh * kw, inputs, outputs };
}

/** Stride 1, zero padding to the same size. */
function convolve(
  backend: WasmBackend,
  x: TensorInfo,
  filter: TensorInfo,
  bias: TensorInfo | undefined,
  window: Window,
  view: FilterView,
): TensorInfo {
  const [n, d, h, w, inputs] = volume(x);
  if (suitsWinograd(h, w, inputs, view.outputs, window)) return convolveWinograd(backend, x, filter, bias, view);
  const y = backend.allocate([n, d, h, w, view.outputs]);
  const from = backend.pointer(x);
  const blocks = inputBlocks(d, h, w, inputs, window);
  withPackedFilter(backend, filter, bias, view, (packed) => {
    backend.scratch(blocks.scratch * backend.pool.threads, (scratch) => {
      const sizes = [d, h, w, inputs, view.outputs, ...window, blocks.depth, blocks.height];
      backend.pool.run("conv", n * blocks.count, [from, packed, y.pointer, scratch, blocks.scratch, ...sizes]);
    });
  });
  return y.info;
}

/** The same with half the multiplications. */
function convolveWinograd(
  backend: WasmBackend,
  x: TensorInfo,
  filter: TensorInfo,
  bias: TensorInfo | undefined,
  view: FilterView,
): TensorInfo {
  const [n, d, h, w, inputs] = volume(x);
  const y = backend.allocate([n, d, h, w, view.outputs]);
  const [from, biasAt] = [backend.pointer(x), bias === undefined ? 0 : backend.pointer(bias)];
  const blocks = winogradBlocks(d, h, w, inputs, view.outputs);
  withWinogradFilter(backend, filter, view, (packed) => {
    backend.scratch(blocks.scratch * backend.pool.threads, (scratch) => {
      const sizes = [d, h, w, inputs, view.outputs, blocks.depth, blocks.height, biasAt];
      backend.pool.run("convWinograd", n * blocks.count, [from, packed, y.pointer, scratch, blocks.scratch, ...sizes]);
    });
  });
  return y.info;
}

function conv3d(backend: WasmBackend, x: TensorInfo, filter: TensorInfo, bias: TensorInfo | undefined): TensorInfo {
  const { window, taps, inputs, outputs } = filterSizes(filter);
  const strides = { tapStride: inputs * outputs, inputStride: outputs, outputStride: 1 };
  return convolve(backend, x, filter, bias, window, { taps, inputs, outputs, ...strides });
}

/** The same convolution of dy, with the window reversed and the filter's channels exchanged. */
function conv3dGradInput(backend: WasmBackend, dy: TensorInfo, filter: TensorInfo): TensorInfo {
  const { window, taps, inputs, outputs } = filterSizes(filter);
  return convolve(backend, dy, filter, undefined, window, {
    taps,
    inputs: outputs,
    outputs: inputs,
    tapStride: -inputs * outputs,
    inputStride: 1,
    outputStride: outputs,
    origin: (taps - 1) * inputs * outputs,
  });
}

function conv3dGradFilter(backend: WasmBackend, x: TensorInfo, dy: TensorInfo, window: Window): TensorInfo {
  const [n, d, h, w, inputs] = volume(x);
  const outputs = volume(dy)[4];
  if (suitsWinograd(h, w, inputs, outputs, window)) return gradFilterWinograd(backend, x, dy);
  const [kd, kh, kw] = window;
  const taps = kd * kh * kw;
  const partialBytes = taps * roundUp(inputs, 4) * roundUp(outputs, 8) * 4;
  const split = filterChunks(n * d * h, w, inputs + outputs, partialBytes);
  // A large filter has few sets of partial sums; then the taps make the tasks.
  const groups = split.chunks < 8 ? kd * kh : 1;
  const dfilter = backend.allocate([kd, kh, kw, inputs, outputs]);
  const [from, gradient] = [backend.pointer(x), backend.pointer(dy)];
  backend.scratch(split.partial * split.chunks, (partial) => {
    backend.scratch(split.scratch * backend.pool.threads, (scratch) => {
      const sizes = [n, d, h, w, inputs, outputs, kd, kh, kw, split.rowsPerChunk, split.rowsPerBlock, groups];
      backend.pool.run("convGradFilter", split.chunks * groups, [
        from,
        gradient,
        partial,
        scratch,
        split.scratch,
        ...sizes,
      ]);
    });
    reducePartial(backend, partial, dfilter.pointer, [split.chunks, taps, inputs, outputs]);
  });
  return dfilter.info;
}

function gradFilterWinograd(backend: WasmBackend, x: TensorInfo, dy: TensorInfo): TensorInfo {
  const [n, d, h, w, inputs] = volume(x);
  const outputs = volume(dy)[4];
  const split = winogradChunks(n * d, h, w, inputs, outputs);
  const dfilter = backend.allocate([3, 3, 3, inputs, outputs]);
  const [from, gradient] = [backend.pointer(x), backend.pointer(dy)];
  backend.scratch(split.partial * split.chunks, (partial) => {
    backend.scratch(split.scratch * backend.pool.threads, (scratch) => {
      const sizes = [n, d, h, w, inputs, outputs, split.planesPerChunk, split.height, split.groups];
      const pointers = [from, gradient, partial, scratch, split.scratch];
      backend.pool.run("convGradFilterWinograd", split.chunks * split.groups, [...pointers, ...sizes]);
    });
    backend.pool.run("reduceWinograd", 9, [partial, dfilter.pointer, split.chunks, inputs, outputs]);
  });
  return dfilter.info;
}

/** Registers the stride 1 convolution and its gradients. */
export function registerConvolution(): void {
  kernel<"x" | "filter" | "bias">(KERNELS.conv3d, (backend, { x, filter, bias }) => conv3d(backend, x, filter, bias));
  kernel<"dy">(KERNELS.biasGrad, (backend, { dy }) => channelSums(backend, dy));
  kernel<"dy" | "filter">(KERNELS.conv3dGradInput, (backend, { dy, filter }) => conv3dGradInput(backend, dy, filter));
  kernel<"x" | "dy", { kernel: Window }>(KERNELS.conv3dGradFilter, (backend, { x, dy }, attributes) =>
    conv3dGradFilter(backend, x, dy, attributes.kernel),
  );
}
