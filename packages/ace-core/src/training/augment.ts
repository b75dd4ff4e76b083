import type { Random } from "../foundation/index.js";
import { voxels } from "./geometry.js";
import type { Triple } from "./geometry.js";

/** Images are z-scored: these are parts of the brain's standard deviation. */
export const AUGMENTATION = {
  /** Probability that a patch is mirrored left to right; a brain is nearly symmetric that way and no other. */
  flip: 0.5,
  /** Contrast: values are multiplied by 1 ± up to this. */
  scale: 0.1,
  /** Brightness: up to this is added or subtracted. */
  shift: 0.1,
  /** Probability of a gamma curve, and its largest exponent's logarithm. */
  gammaProbability: 0.3,
  gamma: 0.2,
} as const;

/**
 * Changes one patch in place: mirrored along the R–L axis, and per channel another contrast, brightness and gamma.
 * A voxel outside of the brain (0 in every channel) stays 0.
 *
 * @param image `[depth, height, width, channels]`
 * @param labels `[depth, height, width]`
 */
export function augment(image: Float32Array, labels: Int32Array, size: Triple, random: Random): void {
  const channels = image.length / voxels(size);
  if (random.uniform() < AUGMENTATION.flip) {
    mirror(image, size, channels);
    mirror(labels, size, 1);
  }
  for (let channel = 0; channel < channels; channel++) changeIntensity(image, channel, channels, random);
}

/** Reverses the last spatial axis (width, R–L). */
export function mirror(values: Float32Array | Int32Array, [depth, height, width]: Triple, channels: number): void {
  for (let row = 0; row < depth * height * width * channels; row += width * channels) {
    for (let a = row, b = row + (width - 1) * channels; a < b; a += channels, b -= channels) {
      for (let c = 0; c < channels; c++) {
        const value = values[a + c] ?? 0;
        values[a + c] = values[b + c] ?? 0;
        values[b + c] = value;
      }
    }
  }
}

function changeIntensity(image: Float32Array, channel: number, channels: number, random: Random): void {
  const between = (limit: number): number => (2 * random.uniform() - 1) * limit;
  const scale = 1 + between(AUGMENTATION.scale);
  const shift = between(AUGMENTATION.shift);
  const withGamma = random.uniform() < AUGMENTATION.gammaProbability;
  const exponent = Math.exp(between(AUGMENTATION.gamma));
  const gamma = withGamma ? gammaCurve(image, channel, channels, exponent) : (value: number): number => value;
  for (let i = channel; i < image.length; i += channels) {
    if (inBrain(image, i - channel, channels)) image[i] = gamma(image[i] ?? 0) * scale + shift;
  }
}

/** x ↦ xᵞ on values brought to [0, 1] by the patch's own range, and back. */
function gammaCurve(image: Float32Array, channel: number, channels: number, exponent: number): (v: number) => number {
  let [low, high] = [Infinity, -Infinity];
  for (let i = channel; i < image.length; i += channels) {
    if (!inBrain(image, i - channel, channels)) continue;
    const value = image[i] ?? 0;
    low = Math.min(low, value);
    high = Math.max(high, value);
  }
  const range = high - low;
  return range > 0 ? (value) => low + range * ((value - low) / range) ** exponent : (value) => value;
}

function inBrain(image: Float32Array, voxel: number, channels: number): boolean {
  for (let c = 0; c < channels; c++) if (image[voxel + c] !== 0) return true;
  return false;
}
