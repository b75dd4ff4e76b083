import { tf } from "../tf.js";
import type { NodeBackend } from "./backend.js";

/** `dy` where `x` is above 0, else 0: one operation of TensorFlow for which tfjs has none. */
export const RELU_GRAD = "FedaceReluGrad";

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
