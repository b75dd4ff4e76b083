import type { TensorSpec } from "../../../tensors/index.js";
import { HEAD_BIAS, HEAD_WEIGHT } from "../head.js";
import { KERNEL_SIDE, channelsAt } from "../spec.js";
import type { NetworkSpec } from "../spec.js";

/** Encoder, from full resolution (level 0) down; or decoder, from the level above the deepest up to 0. */
export type Path = "enc" | "dec";

/** Names of the tensors of one block. The convolution has no bias: the normalisation behind it would take it away. */
export function blockNames(path: Path, level: number, block: number): { conv: string; scale: string; shift: string } {
  return {
    conv: `${path}.${level}.conv.${block}.weight`,
    scale: `${path}.${level}.norm.${block}.weight`,
    shift: `${path}.${level}.norm.${block}.bias`,
  };
}

/** Name of the convolution that the input images go into, `[3, 3, 3, inputs, filters]`. */
export const UNET_FIRST = blockNames("enc", 0, 0).conv;

/** Names of the transposed convolution that leads up to `level`. */
export function upNames(level: number): { weight: string; bias: string } {
  return { weight: `up.${level}.weight`, bias: `up.${level}.bias` };
}

/**
 * Name and shape of every weight tensor, in the order in which they are stored and sent.
 *
 * Convolutions are `[3, 3, 3, in, out]`, transposed ones `[2, 2, 2, out, in]`.
 */
export function unetTensors(spec: NetworkSpec): TensorSpec[] {
  const specs: TensorSpec[] = [];
  const levelBlocks = (path: Path, level: number, from: number): void => {
    const channels = channelsAt(spec, level);
    for (let block = 0; block < spec.blocks; block++) {
      const { conv, scale, shift } = blockNames(path, level, block);
      const sides = [KERNEL_SIDE, KERNEL_SIDE, KERNEL_SIDE];
      specs.push({ name: conv, shape: [...sides, block === 0 ? from : channels, channels] });
      specs.push({ name: scale, shape: [channels] }, { name: shift, shape: [channels] });
    }
  };
  for (let level = 0; level < spec.levels; level++) {
    levelBlocks("enc", level, level === 0 ? spec.inputs : channelsAt(spec, level - 1));
  }
  for (let level = spec.levels - 2; level >= 0; level--) {
    const channels = channelsAt(spec, level);
    const { weight, bias } = upNames(level);
    specs.push({ name: weight, shape: [2, 2, 2, channels, 2 * channels] }, { name: bias, shape: [channels] });
    levelBlocks("dec", level, channels);
  }
  specs.push({ name: HEAD_WEIGHT, shape: [1, 1, 1, spec.filters, spec.classes] });
  specs.push({ name: HEAD_BIAS, shape: [spec.classes] });
  return specs;
}
