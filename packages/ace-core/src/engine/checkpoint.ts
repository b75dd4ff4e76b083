import { pullback } from "./backward.js";
import { tf } from "./tf.js";

/**
 * `body(inputs)`, of which nothing but the inputs is kept for the backward pass, which computes it again (gradient
 * checkpointing; Chen et al., arXiv 1604.06174): less memory for one more forward pass.
 *
 * @param body differentiable in all inputs, gives the same each time, disposes none of them.
 * @returns what `body` gives. Differentiable in the inputs.
 */
export function checkpoint(body: (inputs: readonly tf.Tensor[]) => tf.Tensor, inputs: readonly tf.Tensor[]): tf.Tensor {
  const recomputed = tf.customGrad((...call: (tf.Tensor | tf.GradSaveFunc)[]) => {
    const given = call.slice(0, -1) as tf.Tensor[];
    const save = call.at(-1) as tf.GradSaveFunc;
    save(given);
    return {
      value: body(given),
      gradFunc: (dy: tf.Tensor, saved: tf.Tensor[]) => pullback(() => body(saved), saved, dy),
    };
  });
  return recomputed(...inputs);
}
