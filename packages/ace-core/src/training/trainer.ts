import { tf, valueAndGradients } from "../engine/index.js";
import { lossFor } from "../loss/index.js";
import type { LabelMap } from "../labels/index.js";
import { forward, networkOf } from "../model/index.js";
import type { Plan } from "../protocol/index.js";
import { weightSet } from "../tensors/index.js";
import type { WeightSet } from "../tensors/index.js";
import { patchSize } from "./geometry.js";
import { addProximal, clipGlobalNorm, subtractCorrection } from "./gradients.js";
import { uploadWeights } from "./network.js";
import { createOptimiser } from "./optimiser.js";

/** A network in training on the engine. */
export interface Trainer {
  /**
   * One optimiser step on a batch.
   *
   * @param images `[batch, depth, height, width, inputs]`
   * @param labels `[batch, depth, height, width]`, indices into the label map's sets.
   * @returns the loss before the step.
   */
  step(images: Float32Array, labels: Int32Array, learningRate: number): Promise<number>;
  /** The weights as they are now. */
  weights(): Promise<WeightSet>;
  /** Frees everything. */
  dispose(): void;
}

/**
 * @param correction a site's control variate: every step goes against the gradient, clipped if the plan says so, minus it
 * @throws WEIGHTS_LAYOUT if the weights or the correction are not those of the plan's network.
 */
export function createTrainer(plan: Plan, map: LabelMap, weights: WeightSet, correction?: WeightSet): Trainer {
  const spec = networkOf(plan);
  const { training } = plan;
  const patch = patchSize(plan);
  const lossOf = lossFor(plan.loss, map);
  const names = weights.specs.map(({ name }) => name);
  const start = [...uploadWeights(weights, spec).values()];
  const variate = correction === undefined ? undefined : [...uploadWeights(correction, spec).values()];
  const optimiser = createOptimiser(
    training,
    start.map((tensor) => tf.clone(tensor)),
  );
  const update = (images: Float32Array, labels: Int32Array, learningRate: number): tf.Scalar =>
    tf.tidy(() => {
      const x = tf.tensor5d(images, [training.batch, ...patch, spec.inputs]);
      const y = tf.tensor4d(labels, [training.batch, ...patch], "int32");
      const { variables } = optimiser;
      const named = new Map(variables.map((tensor, i) => [names[i] ?? "", tensor]));
      const { checkpointing, precision } = training;
      const loss = (): tf.Scalar => lossOf(forward(named, x, spec, { checkpointing, precision }), y);
      const { value, gradients } = valueAndGradients(loss, variables);
      const proximal = addProximal(gradients, variables, start, training.proximal);
      const clipped = clipGlobalNorm(proximal, training.clipNorm);
      optimiser.step(subtractCorrection(clipped, variate), learningRate);
      return value;
    });
  return {
    step: async (images, labels, learningRate) => {
      const loss = update(images, labels, learningRate);
      try {
        return (await loss.data())[0] ?? Number.NaN;
      } finally {
        loss.dispose();
      }
    },
    weights: async () => {
      const result = weightSet(weights.specs);
      let offset = 0;
      for (const variable of optimiser.variables) {
        result.data.set(await variable.data(), offset);
        offset += variable.size;
      }
      return result;
    },
    dispose: () => {
      tf.dispose(start);
      tf.dispose(variate ?? []);
      optimiser.dispose();
    },
  };
}
