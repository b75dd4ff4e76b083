import { tf } from "../tf.js";
import { WEBGPU_BACKEND } from "./backend.js";
import type { TfjsWebgpu } from "./backend.js";
import { sizeOf } from "./kernel.js";
import { runnerOf } from "./run.js";
import { addShader } from "./shaders/arrange.js";

const isVolume = ({ dtype, shape }: tf.TensorInfo, other: tf.TensorInfo): boolean =>
  dtype === "float32" && shape.length === 5 && tf.util.arraysEqual(shape, other.shape);

/**
 * Sums of two volumes, of which a step has two per skip connection, as a shader of ours: tfjs's program writes its
 * uniforms anew each time. Everything else stays tfjs's.
 */
export function registerAddition(): void {
  const stock = tf.getKernel(tf.Add, WEBGPU_BACKEND);
  tf.unregisterKernel(tf.Add, WEBGPU_BACKEND);
  tf.registerKernel({
    ...stock,
    kernelFunc: (parameters) => {
      const { a, b } = parameters.inputs;
      if (a === undefined || b === undefined || !isVolume(a, b) || b.dtype !== a.dtype) {
        return stock.kernelFunc(parameters);
      }
      const runner = runnerOf(parameters.backend as unknown as TfjsWebgpu);
      const sum = runner.make(a.shape);
      runner.run(runner.shader(addShader, sizeOf(a)), [a, b], [sum]);
      return sum;
    },
  });
}
