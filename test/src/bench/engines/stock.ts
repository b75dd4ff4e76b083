/**
 * Contestant: the same network out of tfjs's own operations on its own WebAssembly backend (one thread in Node). Its
 * losses are not ours: the backend's Conv3DBackpropInputV2 (version 4.22), which is also its transposed convolution,
 * returns other numbers than tfjs's plain backend. The time is that of the same arithmetic. Arguments: preset, batch, side.
 */
import "@tensorflow/tfjs-backend-wasm";
import { tf } from "@fedace/ace-core/engine";
import { groupsAt, NORM_EPSILON, type NetworkSpec } from "@fedace/ace-core/model";
import type { ModelPreset } from "@fedace/ace-core/protocol";
import { LEARNING_RATE, MOMENTUM, problem } from "./problem.js";
import { views } from "@fedace/ace-core/tensors";
import { serve } from "./serve.js";

// tfjs has no gradient for its transposed convolution; this is it, out of its own kernels.
tf.registerGradient({
  kernelName: "Conv3DBackpropInputV2",
  inputsToSave: ["dy", "filter"],
  gradFunc: (dy, saved) => {
    const [x, filter] = saved as [tf.Tensor5D, tf.Tensor5D];
    const attributes = { strides: [2, 2, 2], pad: "same", filterShape: filter.shape };
    return {
      dy: () => tf.conv3d(dy as tf.Tensor5D, filter, 2, "same"),
      filter: () => tf.engine().runKernel("Conv3DBackpropFilterV2", { x: dy as tf.Tensor, dy: x }, attributes),
    };
  },
});

await tf.setBackend("wasm");
const [preset = "small", size = "7", side = "32"] = process.argv.slice(2);
const { spec, batch, patch, labels, images, weights } = problem({ preset: preset as ModelPreset }, Number(size), [
  Number(side),
  Number(side),
  Number(side),
]);
const { specs } = weights;
const initial = views(weights);
let variables = specs.map(({ name, shape }) => tf.tensor(initial.get(name) ?? [], [...shape]));
let velocities = specs.map(({ shape }) => tf.zeros([...shape]));

function groupNorm(x: tf.Tensor5D, scale: tf.Tensor, shift: tf.Tensor, groups: number): tf.Tensor5D {
  const [n, d, h, w, channels] = x.shape;
  const grouped = tf.reshape(x, [n, d * h * w, groups, channels / groups]);
  const { mean, variance } = tf.moments(grouped, [1, 3], true);
  const normalised = tf.mul(tf.sub(grouped, mean), tf.rsqrt(tf.add(variance, NORM_EPSILON)));
  return tf.relu(tf.add(tf.mul(tf.reshape(normalised, x.shape), scale), shift));
}

function network(tensors: readonly tf.Tensor[], x: tf.Tensor5D, { levels, blocks }: NetworkSpec): tf.Tensor5D {
  const named = new Map(tensors.map((tensor, i) => [specs[i]?.name ?? "", tensor]));
  const tensor = (name: string): tf.Tensor => {
    const found = named.get(name);
    if (found === undefined) throw new RangeError(`no tensor ${name}`);
    return found;
  };
  const level = (path: string, index: number, input: tf.Tensor5D): tf.Tensor5D => {
    let y = input;
    for (let block = 0; block < blocks; block++) {
      const prefix = `${path}.${index}`;
      const convolved = tf.conv3d(y, tensor(`${prefix}.conv.${block}.weight`) as tf.Tensor5D, 1, "same");
      const [scale, shift] = [tensor(`${prefix}.norm.${block}.weight`), tensor(`${prefix}.norm.${block}.bias`)];
      y = groupNorm(convolved, scale, shift, groupsAt(spec, index));
    }
    return y;
  };
  const skips: tf.Tensor5D[] = [];
  let y = level("enc", 0, x);
  for (let index = 1; index < levels; index++) {
    skips.push(y);
    y = level("enc", index, tf.maxPool3d(y, 2, 2, "same"));
  }
  for (let index = levels - 2; index >= 0; index--) {
    const filter = tensor(`up.${index}.weight`) as tf.Tensor5D;
    const [n, d, h, w] = y.shape;
    const raised = tf.conv3dTranspose(y, filter, [n, 2 * d, 2 * h, 2 * w, filter.shape[3]], 2, "same");
    y = level("dec", index, tf.add(tf.add(raised, tensor(`up.${index}.bias`)), skips[index] ?? raised));
  }
  return tf.add(tf.conv3d(y, tensor("head.weight") as tf.Tensor5D, 1, "same"), tensor("head.bias"));
}

/** Cross entropy of a tissue site, and soft Dice of its three foreground classes. */
function lossOf(logits: tf.Tensor5D, y: tf.Tensor4D): tf.Scalar {
  const truth = tf.oneHot(y, spec.classes).toFloat();
  const shifted = tf.sub(logits, tf.max(logits, 4, true));
  const logProbabilities = tf.sub(shifted, tf.log(tf.sum(tf.exp(shifted), 4, true)));
  const entropy = tf.neg(tf.mean(tf.sum(tf.mul(truth, logProbabilities), 4)));
  const probabilities = tf.exp(logProbabilities);
  const over = (x: tf.Tensor): tf.Tensor => tf.slice(tf.sum(x, [0, 1, 2, 3]), 1, 3);
  const overlap = over(tf.mul(probabilities, truth));
  const dice = tf.div(tf.add(tf.mul(overlap, 2), 1), tf.add(tf.add(over(probabilities), over(truth)), 1));
  return tf.add(entropy, tf.sub(1, tf.mean(dice)));
}

function step(): tf.Scalar {
  const x = tf.tensor5d(images.slice(), [batch, ...patch, spec.inputs]);
  const y = tf.tensor4d(labels.slice(), [batch, ...patch], "int32");
  const { value, grads } = tf.valueAndGrads((...tensors: tf.Tensor[]) => lossOf(network(tensors, x, spec), y))(
    variables,
  );
  const moved = velocities.map((velocity, i) => tf.add(tf.mul(velocity, MOMENTUM), grads[i] ?? velocity));
  const stepped = variables.map((variable, i) => {
    const direction = tf.add(grads[i] ?? variable, tf.mul(moved[i] ?? variable, MOMENTUM));
    return tf.sub(variable, tf.mul(direction, LEARNING_RATE));
  });
  tf.dispose([variables, velocities]);
  variables = stepped.map((tensor) => tf.keep(tensor));
  velocities = moved.map((tensor) => tf.keep(tensor));
  return value;
}

await serve({ device: "tfjs-backend-wasm, 1 thread, SIMD" }, async () => {
  const loss = tf.tidy(step);
  const [value = NaN] = await loss.data();
  loss.dispose();
  return value;
});
