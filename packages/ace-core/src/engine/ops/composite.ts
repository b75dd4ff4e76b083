import { tf } from "../tf.js";
import { kernelInputs } from "./inputs.js";
import type { KernelInputs } from "./inputs.js";

/** A kernel written with tfjs operations. */
export type Composite = (input: KernelInputs<tf.Tensor>, attributes: Readonly<Record<string, unknown>>) => tf.Tensor[];

/** Registers composites as kernels of a backend that has the tfjs operations they use. */
export function registerComposites(backendName: string, composites: Readonly<Record<string, Composite>>): void {
  for (const [kernelName, composite] of Object.entries(composites)) {
    tf.registerKernel({
      kernelName,
      backendName,
      kernelFunc: ({ inputs, attrs }) => {
        const input = kernelInputs(kernelName, inputs, (tensor) => tensor as unknown as tf.Tensor);
        const outputs = tf.tidy(() => composite(input, attrs ?? {}));
        const [only] = outputs;
        return only !== undefined && outputs.length === 1 ? only : outputs;
      },
    });
  }
}
