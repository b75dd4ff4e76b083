import { tf } from "../tf.js";

/** A kernel's inputs by name. */
export interface Input {
  (name: string): tf.Tensor;
  has(name: string): boolean;
}

/** A kernel written with tfjs operations. */
export type Composite = (input: Input, attributes: Readonly<Record<string, unknown>>) => tf.Tensor[];

/** Registers composites as kernels of a backend that has the tfjs operations they use. */
export function registerComposites(backendName: string, composites: Readonly<Record<string, Composite>>): void {
  for (const [kernelName, composite] of Object.entries(composites)) {
    tf.registerKernel({
      kernelName,
      backendName,
      kernelFunc: ({ inputs, attrs }) => {
        const read = (name: string): tf.Tensor => {
          const tensor = inputs[name];
          if (tensor === undefined) throw new TypeError(`${kernelName} needs ${name}`);
          return tensor as unknown as tf.Tensor;
        };
        const input = Object.assign(read, { has: (name: string) => inputs[name] !== undefined });
        const outputs = tf.tidy(() => composite(input, attrs ?? {}));
        const [only] = outputs;
        return only !== undefined && outputs.length === 1 ? only : outputs;
      },
    });
  }
}
