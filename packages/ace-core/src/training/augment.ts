import type { Random } from "../foundation/index.js";
import type { IntensityName } from "../protocol/index.js";
import { randomAppearance } from "./appearance.js";
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
 * Changes one patch in place: mirrored along the R–L axis, and per image another contrast, brightness and gamma; where
 * `intensity` is strong, another scanner's view before them ({@link randomAppearance}).
 * A voxel outside of the brain (0 in every channel) stays 0, an image that is not there as well.
 *
 * @param image `[depth, height, width, channels]`
 * @param labels `[depth, height, width]`
 * @param images how many of the channels are images; the others say which of these are there. Default: all
 */
export function augment(
  image: Float32Array,
  labels: Int32Array,
  size: Triple,
  random: Random,
  images = image.length / voxels(size),
  intensity: IntensityName = "mild",
): void {
  const channels = image.length / voxels(size);
  if (random.uniform() < AUGMENTATION.flip) {
    mirror(image, size, channels);
    mirror(labels, size, 1);
  }
  for (let channel = 0; channel < images; channel++) {
    // Of a channel that is an image like all others the brain says where it is; of the others, their plane.
    const plane = images < channels ? images + channel : undefined;
    const layer = { image, channel, channels, plane };
    if (intensity === "strong") changeAppearance(layer, size, random);
    changeIntensity(layer, random);
  }
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

/** One image of a patch. */
interface Layer {
  readonly image: Float32Array;
  readonly channel: number;
  readonly channels: number;
  /** The channel that is not 0 where the image has a value; undefined: where any channel is not. */
  readonly plane: number | undefined;
}

function changeAppearance(layer: Layer, size: Triple, random: Random): void {
  const { image, channel, channels } = layer;
  const appearance = randomAppearance(size, random);
  const [depth, height, width] = size;
  let voxel = 0;
  for (let z = 0; z < depth; z++) {
    for (let y = 0; y < height; y++) {
      for (let x = 0; x < width; x++, voxel += channels) {
        if (!inBrain(layer, voxel)) continue;
        image[voxel + channel] = appearance.at(image[voxel + channel] ?? 0, z, y, x);
      }
    }
  }
}

function changeIntensity(layer: Layer, random: Random): void {
  const { image, channel, channels } = layer;
  const between = (limit: number): number => (2 * random.uniform() - 1) * limit;
  const scale = 1 + between(AUGMENTATION.scale);
  const shift = between(AUGMENTATION.shift);
  const withGamma = random.uniform() < AUGMENTATION.gammaProbability;
  const exponent = Math.exp(between(AUGMENTATION.gamma));
  const gamma = withGamma ? gammaCurve(layer, exponent) : (value: number): number => value;
  for (let i = channel; i < image.length; i += channels) {
    if (inBrain(layer, i - channel)) image[i] = gamma(image[i] ?? 0) * scale + shift;
  }
}

/** x ↦ xᵞ on values brought to [0, 1] by the patch's own range, and back. */
function gammaCurve(layer: Layer, exponent: number): (v: number) => number {
  const { image, channel, channels } = layer;
  let [low, high] = [Infinity, -Infinity];
  for (let i = channel; i < image.length; i += channels) {
    if (!inBrain(layer, i - channel)) continue;
    const value = image[i] ?? 0;
    low = Math.min(low, value);
    high = Math.max(high, value);
  }
  const range = high - low;
  return range > 0 ? (value) => low + range * ((value - low) / range) ** exponent : (value) => value;
}

function inBrain({ image, channels, plane }: Layer, voxel: number): boolean {
  if (plane !== undefined) return image[voxel + plane] !== 0;
  for (let c = 0; c < channels; c++) if (image[voxel + c] !== 0) return true;
  return false;
}
