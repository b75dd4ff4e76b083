import type { Random } from "../foundation/index.js";
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
}): Batch {
  const { sampler, patch, channels, padding } = init;
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
      if (init.augmentation) augment(image, label, patch, random);
    }
  };
  return { images, labels, fill };
}
