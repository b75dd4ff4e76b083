import { tf } from "../tf.js";
import { registerComposites } from "./composite.js";
import type { Composite } from "./composite.js";
import { KERNELS } from "./contracts.js";
import { many, one } from "./run.js";

const NORM_POOL: Readonly<Record<string, Composite>> = {
  [KERNELS.groupNormPool]: (input, attributes) => {
    const inputs = { x: input("x"), gamma: input("gamma"), beta: input("beta") };
    const [y, mean, inverseDeviation] = many(KERNELS.groupNorm, inputs, attributes, 3);
    return [y, one(KERNELS.maxPool3d, { x: y }), mean, inverseDeviation];
  },
  [KERNELS.groupNormPoolGrad]: (input, attributes) => {
    const pooling = { dy: input("dpooled"), x: input("y"), y: input("pooled") };
    const dy = tf.add(input("dy"), one(KERNELS.maxPool3dGrad, pooling));
    const [x, gamma, beta] = [input("x"), input("gamma"), input("beta")];
    const made = { y: input("y"), mean: input("mean"), inverseDeviation: input("inverseDeviation") };
    return many(KERNELS.groupNormGrad, { dy, x, gamma, beta, ...made }, attributes, 3);
  },
};

/** Makes GroupNormPool and its gradient of the backend's own GroupNorm and MaxPool3d, where one pass gains nothing. */
export function registerNormPool(backendName: string): void {
  registerComposites(backendName, NORM_POOL);
}

/** Whether an operation can be made of others of the contracts on any engine. */
export const isComposed = (kernelName: string): boolean => Object.hasOwn(NORM_POOL, kernelName);
