import { KERNELS } from "../ops/contracts.js";
import type { AdamAttributes, SgdAttributes } from "../ops/contracts.js";
import { tf } from "../tf.js";
import type { Composite } from "../ops/composite.js";

/** The optimisers' steps, and scaling; formulas in ops/contracts.ts. */
export const OPTIMISERS: Readonly<Record<string, Composite>> = {
  [KERNELS.scale]: (input) => [tf.mul(input("x"), input("factor"))],
  [KERNELS.sgd]: (input, attributes) => {
    const { learningRate, momentum, nesterov } = attributes as unknown as SgdAttributes;
    const gradient = input("gradient");
    const velocity = tf.add(tf.mul(input("velocity"), momentum), gradient);
    const step = nesterov ? tf.add(gradient, tf.mul(velocity, momentum)) : velocity;
    return [tf.sub(input("variable"), tf.mul(step, learningRate)), velocity];
  },
  [KERNELS.adam]: (input, attributes) => {
    const { learningRate, beta1, beta2, epsilon, step } = attributes as unknown as AdamAttributes;
    const gradient = input("gradient");
    const m = tf.add(tf.mul(input("m"), beta1), tf.mul(gradient, 1 - beta1));
    const v = tf.add(tf.mul(input("v"), beta2), tf.mul(tf.square(gradient), 1 - beta2));
    const deviation = tf.add(tf.sqrt(tf.div(v, 1 - beta2 ** step)), epsilon);
    const move = tf.div(tf.mul(m, learningRate / (1 - beta1 ** step)), deviation);
    return [tf.sub(input("variable"), move), m, v];
  },
};
