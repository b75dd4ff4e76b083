import type { Random } from "../foundation/index.js";
import type { IntensityName } from "../protocol/index.js";
import { augment } from "./augment.js";
import { copyBox, voxels } from "./geometry.js";
import type { Triple } from "./geometry.js";
import type { Sampler } from "./sampler.js";

/** A mini-batch in plain memory, used again for the next one. */
interface Batch {
  /** `[batch, depth, height, width, channels]` */
  readonly images: Float32Array;
  /** `[batch, depth, height, width]`, indices into the label map's sets. */
  readonly labels: Int32Array;
  /** Fills both anew. */
  fill(random: Random): void;
}

/**
 * @param padding label index of what lies outside of a volume that is smaller than the patch.
 */
export function batchOf(init: {
  readonly sampler: Sampler;
  readonly size: number;
  readonly patch: Triple;
  readonly channels: number;
  readonly padding: number;
  readonly augmentation: boolean;
  readonly intensity: IntensityName;
  /** How many of the channels are images; the others say which of these are there. */
  readonly images: number;
  /** Probability that a patch with more than one image goes without one of them. */
  readonly dropInputs: number;
}): Batch {
  const { sampler, patch, channels, padding, dropInputs } = init;
  const length = voxels(patch);
  const images = new Float32Array(init.size * length * channels);
  const labels = new Int32Array(init.size * length);
  const fill = (random: Random): void => {
    images.fill(0);
    labels.fill(padding);
    for (let i = 0; i < init.size; i++) {
      const { item, origin } = sampler(random);
      const image = images.subarray(i * length * channels, (i + 1) * length * channels);
      const label = labels.subarray(i * length, (i + 1) * length);
      copyBox({ size: item.size, channels, data: item.image }, origin, patch, image);
      copyBox({ size: item.size, channels: 1, data: item.labels }, origin, patch, label);
      if (dropInputs > 0 && random.uniform() < dropInputs) dropOne(image, channels, init.images, random);
      if (init.augmentation) augment(image, label, patch, random, init.images, init.intensity);
    }
  };
  return { images, labels, fill };
}

/** Takes one of the images that are there out of a patch, unless it is the only one. */
function dropOne(patch: Float32Array, channels: number, images: number, random: Random): void {
  const there = Array.from({ length: images }, (_, c) => c).filter((c) => isThere(patch, channels, images + c));
  const dropped = there.length > 1 ? there[random.integer(there.length)] : undefined;
  if (dropped === undefined) return;
  for (let voxel = 0; voxel < patch.length; voxel += channels) {
    patch[voxel + dropped] = 0;
    patch[voxel + images + dropped] = 0;
  }
}

function isThere(patch: Float32Array, channels: number, plane: number): boolean {
  for (let at = plane; at < patch.length; at += channels) if (patch[at] !== 0) return true;
  return false;
}
