import { KERNEL_SIDE, channelsAt } from "../spec.js";
import type { NetworkSpec } from "../spec.js";

/**
 * Multiply-add operations of the convolutions of one forward pass over one patch. A training step takes about three
 * times as many per patch: the gradients in the input and in the filter cost one pass each.
 *
 * @param patch sides in voxels, multiples of `patchMultiple(spec)`.
 */
export function macs(spec: NetworkSpec, patch: readonly [number, number, number]): number {
  const voxels = patch[0] * patch[1] * patch[2];
  const kernel = KERNEL_SIDE ** 3;
  let total = voxels * spec.filters * spec.classes;
  for (let level = 0; level < spec.levels; level++) {
    const here = voxels / 8 ** level;
    const channels = channelsAt(spec, level);
    const from = level === 0 ? spec.inputs : channelsAt(spec, level - 1);
    const square = channels * channels;
    total += here * kernel * (from * channels + (spec.blocks - 1) * square);
    if (level < spec.levels - 1) total += here * (2 * channels * channels + kernel * spec.blocks * square);
  }
  return total;
}
