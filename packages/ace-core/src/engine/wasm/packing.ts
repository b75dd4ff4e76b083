import type { TensorInfo } from "@tensorflow/tfjs-core";
import type { WasmBackend } from "./backend.js";

/** How a filter is read when it is packed: strides in floats, `origin` the first tap. */
export interface FilterView {
  readonly taps: number;
  readonly inputs: number;
  readonly outputs: number;
  /** Negative: the window is read backwards, from `origin`. */
  readonly tapStride: number;
  readonly inputStride: number;
  readonly outputStride: number;
  readonly origin?: number;
  /** Filters one after the other, `groupStride` floats apart. Default 1. */
  readonly groups?: number;
  readonly groupStride?: number;
}

/** Runs `body` with the filter packed in panels of eight output channels, as kernels/rows.ts reads them. */
export function withPackedFilter<T>(
  backend: WasmBackend,
  filter: TensorInfo,
  bias: TensorInfo | undefined,
  view: FilterView,
  body: (packed: number) => T,
): T {
  const { taps, inputs, outputs } = view;
  const panel = 32 + taps * inputs * 32;
  const blocks = Math.ceil(outputs / 8);
  const groups = view.groups ?? 1;
  const from = backend.pointer(filter) + (view.origin ?? 0) * 4;
  const biasAt = bias === undefined ? 0 : backend.pointer(bias);
  return backend.scratch(panel * blocks * groups, (packed) => {
    const strides = [view.tapStride, view.inputStride, view.outputStride];
    const sizes = [taps, inputs, outputs, ...strides, panel, blocks, view.groupStride ?? 0];
    backend.pool.run("pack", blocks * groups, [from, biasAt, packed, ...sizes]);
    return body(packed);
  });
}

/** The same for a 3×3×3 filter, transformed for kernels/winograd.ts. */
export function withWinogradFilter<T>(
  backend: WasmBackend,
  filter: TensorInfo,
  view: FilterView,
  body: (packed: number) => T,
): T {
  const { inputs, outputs } = view;
  const panel = 32 + 9 * inputs * 32;
  const blocks = Math.ceil(outputs / 8);
  const from = backend.pointer(filter) + (view.origin ?? 0) * 4;
  return backend.scratch(6 * panel * blocks, (packed) => {
    const strides = [view.tapStride, view.inputStride, view.outputStride];
    backend.pool.run("packWinograd", blocks, [from, packed, inputs, outputs, ...strides, panel, blocks]);
    return body(packed);
  });
}
