import type { tf } from "../engine/index.js";
import type { ArchitectureName } from "../protocol/index.js";
import type { NetworkSpec } from "./architecture/index.js";
import { unetForward } from "./unet-forward.js";
import type { ForwardOptions, NetworkWeights } from "./unet-forward.js";

type Forward = (weights: NetworkWeights, x: tf.Tensor5D, spec: NetworkSpec, options?: ForwardOptions) => tf.Tensor5D;

const FORWARD: Readonly<Record<ArchitectureName, Forward>> = { unet: unetForward };

/**
 * Forward pass of a network. Differentiable in the weights; leaves only its result on the engine.
 *
 * @param weights as in `tensorSpecs(spec)`
 * @param x `[batch, depth, height, width, inputs]` float32, every side a multiple of `patchMultiple(spec)`
 * @returns logits `[batch, depth, height, width, classes]`
 * @throws WEIGHTS_LAYOUT if a tensor is missing
 */
export const forward: Forward = (weights, x, spec, options) => FORWARD[spec.architecture](weights, x, spec, options);
