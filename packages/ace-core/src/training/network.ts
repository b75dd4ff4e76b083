import { tf } from "../engine/index.js";
import { forward, tensorSpecs } from "../model/index.js";
import type { NetworkSpec } from "../model/index.js";
import { requireLayout, views } from "../tensors/index.js";
import type { WeightSet } from "../tensors/index.js";
import type { Triple } from "./geometry.js";

/** A network whose weights are on the engine, for inference. */
interface Network {
  readonly spec: NetworkSpec;
  /**
   * Class probabilities of some windows.
   *
   * @param windows `[count, depth, height, width, inputs]`
   * @returns `[count, depth, height, width, classes]`
   */
  probabilities(windows: Float32Array, count: number, size: Triple): Promise<Float32Array>;
  /** Frees the weights. */
  dispose(): void;
}

/** Brings weights to the engine. @throws WEIGHTS_LAYOUT if they are not those of the network. */
export function uploadWeights(weights: WeightSet, spec: NetworkSpec): Map<string, tf.Tensor> {
  requireLayout(weights.specs, tensorSpecs(spec));
  const values = views(weights);
  // A copy: engines may keep the very array, and the weight set must not change under them.
  return new Map(
    weights.specs.map(({ name, shape }) => [name, tf.tensor(Float32Array.from(values.get(name) ?? []), [...shape])]),
  );
}

/** @throws WEIGHTS_LAYOUT if the weights are not those of the network. */
export function openNetwork(weights: WeightSet, spec: NetworkSpec): Network {
  const tensors = uploadWeights(weights, spec);
  return {
    spec,
    probabilities: async (windows, count, size) => {
      const logits = tf.tidy(() => forward(tensors, tf.tensor5d(windows, [count, ...size, spec.inputs]), spec));
      try {
        return softmaxRows((await logits.data()) as Float32Array, spec.classes);
      } finally {
        logits.dispose();
      }
    },
    dispose: () => {
      for (const tensor of tensors.values()) tensor.dispose();
    },
  };
}

/** Softmax over the last axis, the largest logit subtracted first. */
export function softmaxRows(logits: Float32Array, classes: number): Float32Array {
  const result = new Float32Array(logits.length);
  for (let row = 0; row < logits.length; row += classes) {
    let largest = -Infinity;
    for (let k = row; k < row + classes; k++) largest = Math.max(largest, logits[k] ?? 0);
    let sum = 0;
    for (let k = row; k < row + classes; k++) {
      const value = Math.exp((logits[k] ?? 0) - largest);
      result[k] = value;
      sum += value;
    }
    for (let k = row; k < row + classes; k++) result[k] = (result[k] ?? 0) / sum;
  }
  return result;
}
