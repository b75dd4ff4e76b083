import { checkpoint, tf } from "../engine/index.js";
import { conv3d, convTranspose3d, groupNorm, groupNormPool, maxPool3d } from "../engine/ops/index.js";
import type { GroupNormAttributes, Precision } from "../engine/ops/index.js";
import { coreError } from "../foundation/index.js";
import { NORM_EPSILON, groupsAt } from "./architecture/spec.js";
import type { NetworkSpec } from "./architecture/spec.js";
import { HEAD_BIAS, HEAD_WEIGHT } from "./architecture/head.js";
import { blockNames, upNames } from "./architecture/unet/layout.js";
import type { Path } from "./architecture/unet/layout.js";

/** The weights of a network on the engine, by tensor name. */
export type NetworkWeights = ReadonlyMap<string, tf.Tensor>;

export interface ForwardOptions {
  /**
   * Keep only what goes in and out of each level for the backward pass, which computes the rest again: two thirds of
   * the memory or less, for about a third more time. Default false.
   */
  readonly checkpointing?: boolean;
  /** What convolutions may multiply in. Default float32. */
  readonly precision?: Precision;
}

/** The convolution's filter, scale and shift of one block. */
type Block = readonly [tf.Tensor5D, tf.Tensor1D, tf.Tensor1D];

/**
 * Forward pass of the 3D U-Net (Roulet et al. 2019, section 2.3): down by 2×2×2 maximum, up by 2×2×2 transposed
 * convolution, skip connections added. Differentiable in the weights; leaves only its result on the engine.
 *
 * @param weights as in `tensorSpecs(spec)`.
 * @param x `[batch, depth, height, width, inputs]` float32, every side a multiple of `patchMultiple(spec)`.
 * @returns logits `[batch, depth, height, width, classes]`.
 * @throws WEIGHTS_LAYOUT if a tensor is missing.
 */
export function unetForward(
  weights: NetworkWeights,
  x: tf.Tensor5D,
  spec: NetworkSpec,
  { checkpointing = false, precision = "float32" }: ForwardOptions = {},
): tf.Tensor5D {
  const tensor = (name: string): tf.Tensor => {
    const found = weights.get(name);
    if (found === undefined) throw coreError("WEIGHTS_LAYOUT", `tensor ${name} is missing`);
    return found;
  };
  const filter = (name: string): tf.Tensor5D => tensor(name) as tf.Tensor5D;
  const vector = (name: string): tf.Tensor1D => tensor(name) as tf.Tensor1D;
  const blocksOf = (path: Path, level: number): Block[] =>
    Array.from({ length: spec.blocks }, (_, block) => {
      const { conv, scale, shift } = blockNames(path, level, block);
      return [filter(conv), vector(scale), vector(shift)];
    });
  const run = (path: Path, level: number, input: tf.Tensor5D): tf.Tensor5D => {
    const blocks = blocksOf(path, level);
    const settings = settingsAt(spec, level, precision);
    if (!checkpointing) return runBlocks(blocks, input, settings);
    // Nobody asks for the images' gradient.
    const given = input === x ? [] : [input];
    const body = (inputs: readonly tf.Tensor[]): tf.Tensor5D =>
      runBlocks(grouped(inputs.slice(given.length)), given.length > 0 ? (inputs[0] as tf.Tensor5D) : x, settings);
    return checkpoint(body, [...given, ...blocks.flat()]) as tf.Tensor5D;
  };
  /** A level that is pooled afterwards. */
  const runAndPool = (level: number, input: tf.Tensor5D): { y: tf.Tensor5D; pooled: tf.Tensor5D } => {
    if (checkpointing) {
      const y = run("enc", level, input);
      return { y, pooled: maxPool3d(y) };
    }
    const blocks = blocksOf("enc", level);
    const settings = settingsAt(spec, level, precision);
    const before = runBlocks(blocks.slice(0, -1), input, settings);
    const [conv, scale, shift] = blocks.at(-1) ?? [];
    if (conv === undefined || scale === undefined || shift === undefined) throw new TypeError("a level has blocks");
    const convolved = conv3d(before, conv, undefined, precision);
    if (before !== input) before.dispose();
    return after(groupNormPool(convolved, scale, shift, settings), convolved);
  };
  return tf.tidy(() => {
    const skips: tf.Tensor5D[] = [];
    let y = x;
    for (let level = 0; level < spec.levels - 1; level++) {
      const made = runAndPool(level, y);
      skips.push(made.y);
      if (y !== x) y.dispose();
      y = made.pooled;
    }
    const deepest = run("enc", spec.levels - 1, y);
    if (y !== x) y.dispose();
    y = deepest;
    for (const [level, skip] of [...skips.entries()].reverse()) {
      const { weight, bias } = upNames(level);
      const raised = after(convTranspose3d(y, filter(weight), vector(bias), precision), y);
      const joined = after(tf.add<tf.Tensor5D>(raised, skip), raised, skip);
      y = after(run("dec", level, joined), joined);
    }
    return after(conv3d(y, filter(HEAD_WEIGHT), vector(HEAD_BIAS), precision), y);
  });
}

/** How the blocks of a level compute. */
interface Settings extends GroupNormAttributes {
  readonly precision: Precision;
}

function settingsAt(spec: NetworkSpec, level: number, precision: Precision): Settings {
  return { groups: groupsAt(spec, level), epsilon: NORM_EPSILON, relu: true, precision };
}

/** Convolution, normalisation, ReLU, block after block. No blocks give the input itself. */
function runBlocks(blocks: readonly Block[], input: tf.Tensor5D, settings: Settings): tf.Tensor5D {
  let y = input;
  for (const [conv, scale, shift] of blocks) {
    const convolved = conv3d(y, conv, undefined, settings.precision);
    const normalised = after(groupNorm(convolved, scale, shift, settings), convolved);
    y = y === input ? normalised : after(normalised, y);
  }
  return y;
}

/** Tensors in threes, as a block has them. */
function grouped(tensors: readonly tf.Tensor[]): Block[] {
  return Array.from({ length: tensors.length / 3 }, (_, i) => tensors.slice(3 * i, 3 * i + 3) as unknown as Block);
}

/**
 * `result`, when `used` are no longer needed: they go at once instead of at the end of the pass, which bounds the
 * memory of inference. The tape keeps what it needs by itself.
 */
function after<T>(result: T, ...used: tf.Tensor[]): T {
  for (const tensor of used) tensor.dispose();
  return result;
}
