/** Contestant: our wasm engine. Argument: threads. */
import { openEngine, tf } from "@fedace/ace-core/engine";
import { sgdStep } from "@fedace/ace-core/engine/ops";
import { lossFor } from "@fedace/ace-core/loss";
import { forward } from "@fedace/ace-core/model";
import { BATCH, LEARNING_RATE, MOMENTUM, problem, SIDE } from "./problem.js";
import { serve } from "./serve.js";

const engine = await openEngine({ choice: "wasm", threads: Number(process.argv[2] ?? 1) });
const { spec, map, images, labels, weights } = problem();
const lossOf = lossFor("ace-dice", map);
let variables = weights.map(({ values, shape }) => tf.tensor(values, [...shape]));
let velocities = weights.map(({ shape }) => tf.zeros([...shape]));

function step(): tf.Scalar {
  const x = tf.tensor5d(images.slice(), [BATCH, SIDE, SIDE, SIDE, spec.inputs]);
  const y = tf.tensor4d(labels.slice(), [BATCH, SIDE, SIDE, SIDE], "int32");
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
}

await serve({ device: engine.device }, async () => {
  const loss = tf.tidy(step);
  const [value = NaN] = await loss.data();
  loss.dispose();
  return value;
});
await engine.close();
