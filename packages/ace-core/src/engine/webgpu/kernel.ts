import { kernelInputs } from "../ops/inputs.js";
import type { KernelInputs } from "../ops/inputs.js";
import { tf } from "../tf.js";
import { WEBGPU_BACKEND } from "./backend.js";
import type { TfjsWebgpu } from "./backend.js";
import { runnerOf } from "./run.js";
import type { Runner } from "./run.js";

/** A kernel made of dispatches: outputs from inputs and attributes. */
export type Kernel = (
  runner: Runner,
  input: KernelInputs<tf.TensorInfo>,
  attributes: Readonly<Record<string, unknown>>,
) => readonly tf.TensorInfo[];

/** Registers kernels with tfjs, for every backend of the name. */
export function registerKernels(kernels: Readonly<Record<string, Kernel>>): void {
  for (const [kernelName, kernel] of Object.entries(kernels)) {
    tf.registerKernel({
      kernelName,
      backendName: WEBGPU_BACKEND,
      kernelFunc: ({ inputs, attrs, backend }) => {
        const input = kernelInputs(kernelName, inputs, (tensor) => tensor);
        const outputs = kernel(runnerOf(backend as unknown as TfjsWebgpu), input, attrs ?? {});
        const [only] = outputs;
        return only !== undefined && outputs.length === 1 ? only : [...outputs];
      },
    });
  }
}

/** The five sides of a volume or filter. */
export function shape5({ shape }: tf.TensorInfo): readonly [number, number, number, number, number] {
  const [a = 1, b = 1, c = 1, d = 1, e = 1] = shape;
  return [a, b, c, d, e];
}

/** Number of elements. */
export function sizeOf({ shape }: tf.TensorInfo): number {
  return shape.reduce((product, side) => product * side, 1);
}
