import { tf } from "../tf.js";

/** A kernel written with tfjs operations. */
export type Composite = (
  input: (name: string) => tf.Tensor,
  attributes: Readonly<Record<string, unknown>>,
) => tf.Tensor[];

/** Registers composites as kernels of a backend that has the tfjs operations they use. */
export function registerComposites(backendName: string, composites: Readonly<Record<string, Composite>>): void {
  for (const [kernelName, composite] of Object.entries(composites)) {
    tf.registerKernel({
      kernelName,
      backendName,
      kernelFunc: ({ inputs, attrs }) => {
        const input = (name: string): tf.Tensor => {
          const tensor = inputs[name];
          if (tensor === undefined) throw new TypeError(`${kernelName} needs ${name}`);
          return tensor as unknown as tf.Tensor;
        };
        const outputs = tf.tidy(() => composite(input, attrs ?? {}));
        const [only] = outputs;
        return only !== undefined && outputs.length === 1 ? only : outputs;
      },
    });
  }
}

/** `[..., channels]` as a matrix of one row per voxel. */
export function rows(tensor: tf.Tensor): tf.Tensor2D {
  return tf.reshape(tensor, [-1, tensor.shape.at(-1) ?? 1]);
}

/** Sum over all voxels of all samples, `[channels]`. */
export function channelSums(tensor: tf.Tensor): tf.Tensor {
  return tf.sum(rows(tensor), 0);
}
