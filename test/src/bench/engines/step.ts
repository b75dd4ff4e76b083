import { tf } from "@fedace/ace-core/engine";
import { sgdStep } from "@fedace/ace-core/engine/ops";
import { lossFor } from "@fedace/ace-core/loss";
import { forward } from "@fedace/ace-core/model";
import { LEARNING_RATE, MOMENTUM } from "./problem.js";
import type { Problem } from "./problem.js";

/** Training on the open engine. */
export interface Training {
  /** One step of SGD; the loss before it. */
  step(): Promise<number>;
  dispose(): void;
}

/** Brings a problem's network to the open engine. */
export function startTraining({ spec, map, batch, patch, images, labels, weights }: Problem): Training {
  const lossOf = lossFor("ace-dice", map);
  let variables = weights.map(({ values, shape }) => tf.tensor(values.slice(), [...shape]));
  let velocities = weights.map(({ shape }) => tf.zeros([...shape]));
  const step = (): tf.Scalar => {
    const x = tf.tensor5d(images.slice(), [batch, ...patch, spec.inputs]);
    const y = tf.tensor4d(labels.slice(), [batch, ...patch], "int32");
    const lossAt = (...tensors: tf.Tensor[]): tf.Scalar =>
      lossOf(forward(new Map(tensors.map((tensor, i) => [weights[i]?.name ?? "", tensor])), x, spec), y);
    const { value, grads } = tf.valueAndGrads(lossAt)(variables);
    const next = variables.map((variable, i) => {
      const [gradient, velocity] = [grads[i], velocities[i]];
      if (gradient === undefined || velocity === undefined) throw new TypeError("a variable has no gradient");
      const attributes = { learningRate: LEARNING_RATE, momentum: MOMENTUM, nesterov: true };
      return sgdStep(variable, gradient, velocity, attributes);
    });
    tf.dispose([variables, velocities]);
    variables = next.map(({ variable }) => tf.keep(variable));
    velocities = next.map(({ velocity }) => tf.keep(velocity));
    return value;
  };
  return {
    step: async () => {
      const loss = tf.tidy(step);
      const [value = NaN] = await loss.data();
      loss.dispose();
      return value;
    },
    dispose: () => {
      tf.dispose([variables, velocities]);
    },
  };
}
