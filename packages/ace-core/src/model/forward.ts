import { tf } from "../engine/index.js";
import { conv3d, convTranspose3d, groupNorm, maxPool3d } from "../engine/ops/index.js";
import { coreError } from "../foundation/index.js";
import { NORM_EPSILON, groupsAt } from "./architecture/spec.js";
import type { UNetSpec } from "./architecture/spec.js";
import { HEAD_BIAS, HEAD_WEIGHT, blockNames, upNames } from "./architecture/layout.js";
import type { Path } from "./architecture/layout.js";

/** The weights of a network on the engine, by tensor name. */
export type NetworkWeights = ReadonlyMap<string, tf.Tensor>;

/**
 * Forward pass of the 3D U-Net (Roulet et al. 2019, section 2.3): down by 2×2×2 maximum, up by 2×2×2 transposed
 * convolution, skip connections added. Differentiable in the weights; leaves only its result on the engine.
 *
 * @param weights as in `tensorSpecs(spec)`.
 * @param x `[batch, depth, height, width, inputs]` float32, every side a multiple of `patchMultiple(spec)`.
 * @returns logits `[batch, depth, height, width, classes]`.
 * @throws WEIGHTS_LAYOUT if a tensor is missing.
 */
export function forward(weights: NetworkWeights, x: tf.Tensor5D, spec: UNetSpec): tf.Tensor5D {
  const tensor = (name: string): tf.Tensor => {
    const found = weights.get(name);
    if (found === undefined) throw coreError("WEIGHTS_LAYOUT", `tensor ${name} is missing`);
    return found;
  };
  const filter = (name: string): tf.Tensor5D => tensor(name) as tf.Tensor5D;
  const vector = (name: string): tf.Tensor1D => tensor(name) as tf.Tensor1D;
  const blocks = (path: Path, level: number, input: tf.Tensor5D): tf.Tensor5D => {
    const attributes = { groups: groupsAt(spec, level), epsilon: NORM_EPSILON, relu: true };
    let y = input;
    for (let block = 0; block < spec.blocks; block++) {
      const names = blockNames(path, level, block);
      const convolved = conv3d(y, filter(names.conv));
      const normalised = after(groupNorm(convolved, vector(names.scale), vector(names.shift), attributes), convolved);
      y = y === input ? normalised : after(normalised, y);
    }
    return y;
  };
  return tf.tidy(() => {
    const skips: tf.Tensor5D[] = [];
    let y = blocks("enc", 0, x);
    for (let level = 1; level < spec.levels; level++) {
      skips.push(y);
      const pooled = maxPool3d(y);
      y = after(blocks("enc", level, pooled), pooled);
    }
    for (const [level, skip] of [...skips.entries()].reverse()) {
      const { weight, bias } = upNames(level);
      const raised = after(convTranspose3d(y, filter(weight), vector(bias)), y);
      const joined = after(tf.add<tf.Tensor5D>(raised, skip), raised, skip);
      y = after(blocks("dec", level, joined), joined);
    }
    return conv3d(y, filter(HEAD_WEIGHT), vector(HEAD_BIAS));
  });
}

/**
 * `result`, when `used` are no longer needed: they go at once instead of at the end of the pass, which bounds the
 * memory of inference. The tape keeps what it needs by itself.
 */
function after<T>(result: T, ...used: tf.Tensor[]): T {
  for (const tensor of used) tensor.dispose();
  return result;
}
