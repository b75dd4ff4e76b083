import { tf } from "../tf.js";

/** `dy` where `x` is above 0, else 0: one operation of TensorFlow for which tfjs has none. */
export const RELU_GRAD = "FedaceReluGrad";

/** What the backend of `@tensorflow/tfjs-node-gpu` has besides tfjs' interface, as far as it is used here. */
interface NodeBackend {
  readonly binding: { readonly TF_ATTR_TYPE: number; readonly TF_FLOAT: number };
  executeSingleOutput(
    operation: string,
    attributes: readonly { readonly name: string; readonly type: number; readonly value: number }[],
    inputs: readonly tf.TensorInfo[],
  ): tf.Tensor;
}

/** Registers libtensorflow's own operations that the composites use as kernels of the `tensorflow` backend. */
export function registerLibraryKernels(): void {
  tf.registerKernel({
    kernelName: RELU_GRAD,
    backendName: "tensorflow",
    kernelFunc: ({ inputs, backend }) => {
      const { dy, x } = inputs;
      if (dy === undefined || x === undefined) throw new TypeError(`${RELU_GRAD} needs dy and x`);
      const node = backend as unknown as NodeBackend;
      const type = { name: "T", type: node.binding.TF_ATTR_TYPE, value: node.binding.TF_FLOAT };
      return node.executeSingleOutput("ReluGrad", [type], [dy, x]);
    },
  });
}

/** `dy` where `x` is above 0, else 0. */
export function reluGrad(dy: tf.Tensor, x: tf.Tensor): tf.Tensor {
  return tf.engine().runKernel(RELU_GRAD, { dy, x });
}
