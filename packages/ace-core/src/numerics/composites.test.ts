import { tf } from "../engine/index.js";
import { registerTensorflowKernels } from "../engine/tensorflow/index.js";
import { PlainBackend } from "../engine/tf.js";
import { numericSuite } from "./suite.test.helper.js";

// The kernels of the tensorflow engine are made of tfjs operations, so they can be tried where libtensorflow is not.
numericSuite("tensorflow's kernels on plain tfjs", async () => {
  const name = "composites-on-cpu";
  tf.copyRegisteredKernels("cpu", name);
  registerTensorflowKernels(name);
  tf.registerBackend(name, () => new PlainBackend());
  await tf.setBackend(name);
  await tf.ready();
  return () => {
    tf.removeBackend(name);
    return Promise.resolve();
  };
});
