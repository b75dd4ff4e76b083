import { tf } from "../engine/index.js";
import { RELU_GRAD, registerTensorflowKernels } from "../engine/tensorflow/index.js";
import { PlainBackend } from "../engine/tf.js";
import { numericSuite } from "./suite.test.helper.js";

// The kernels of the tensorflow engine are made of tfjs operations, so they can be tried where libtensorflow is not. The
// one operation that tfjs lacks is stood in for here; tensorflow.test.ts has the real one.
numericSuite("tensorflow's kernels on plain tfjs", async () => {
  const name = "composites-on-cpu";
  tf.copyRegisteredKernels("cpu", name);
  registerTensorflowKernels(name);
  tf.registerKernel({
    kernelName: RELU_GRAD,
    backendName: name,
    kernelFunc: ({ inputs }) => {
      const { dy, x } = inputs as unknown as { dy: tf.Tensor; x: tf.Tensor };
      return tf.tidy(() => tf.mul(dy, tf.cast(tf.greater(x, 0), "float32")));
    },
  });
  tf.registerBackend(name, () => new PlainBackend());
  await tf.setBackend(name);
  await tf.ready();
  return () => {
    tf.removeBackend(name);
    return Promise.resolve();
  };
});
