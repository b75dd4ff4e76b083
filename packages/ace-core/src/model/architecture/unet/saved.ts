import { channelsAt } from "../spec.js";
import type { NetworkSpec } from "../spec.js";

/**
 * Values that a forward pass over so many voxels keeps for the backward pass: per block what the convolution and what
 * the normalisation gave, or with checkpointing what came out of a level; what was pooled, and what was joined.
 */
export function saved(spec: NetworkSpec, voxels: number, checkpointing: boolean): number {
  const encoder = checkpointing ? 1 : 2 * spec.blocks;
  const decoder = encoder + 1;
  let sum = 0;
  for (let level = 0; level < spec.levels; level++) {
    const pooled = level < spec.levels - 1 ? 1 / 8 : 0;
    const volume = (voxels / 8 ** level) * channelsAt(spec, level);
    sum += volume * (encoder + pooled + (level < spec.levels - 1 ? decoder : 0));
  }
  return sum;
}
