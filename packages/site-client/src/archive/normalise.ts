import { siteError } from "../errors.js";

/**
 * A brain-extracted image is 0 in half of its voxels or more. With fewer zeros than this share, the head was not
 * extracted and zero means nothing.
 */
const LEAST_ZERO_SHARE = 0.01;

/** A brain mask (1 inside) and how it came about. */
export interface BrainMask {
  readonly mask: Uint8Array;
  readonly from: "mask" | "non-zero" | "whole image";
}

/**
 * The brain: where a given mask is not 0, else where the first image is not 0 (negative voxels are brain), else,
 * where hardly any voxel is 0, the whole image.
 */
export function brainMask(first: Float32Array, given?: Float32Array): BrainMask {
  const source = given ?? first;
  const mask = new Uint8Array(source.length);
  let zeros = 0;
  for (let v = 0; v < source.length; v++) {
    if (source[v] === 0) zeros++;
    else mask[v] = 1;
  }
  if (given !== undefined) return { mask, from: "mask" };
  if (zeros >= LEAST_ZERO_SHARE * source.length) return { mask, from: "non-zero" };
  return { mask: mask.fill(1), from: "whole image" };
}

/**
 * Writes one image into a channel of an interleaved volume: (value − mean) / standard deviation inside the brain, mean
 * and (population) standard deviation over the brain in double precision, 0 outside.
 * @param out `[voxels, channels]`, zero where it is not written
 * @param name what to call the image in messages
 * @throws CASE_BLANK if the brain is empty or all its voxels are equal
 */
export function normaliseInto(
  out: Float32Array,
  image: Float32Array,
  mask: Uint8Array,
  channel: number,
  channels: number,
  name: string,
): void {
  let count = 0;
  let mean = 0;
  let squares = 0;
  // Welford's recurrence: exact enough for a small contrast on a large offset.
  for (let v = 0; v < image.length; v++) {
    if (mask[v] === 0) continue;
    count++;
    const value = image[v] ?? 0;
    const delta = value - mean;
    mean += delta / count;
    squares += delta * (value - mean);
  }
  if (count === 0) throw siteError("CASE_BLANK", `${name}: there is no voxel inside the brain`);
  const deviation = Math.sqrt(squares / count);
  if (!(deviation > 1e-6 * Math.abs(mean))) {
    throw siteError("CASE_BLANK", `${name}: all ${count} voxels inside the brain are equal`);
  }
  for (let v = 0; v < image.length; v++) {
    if (mask[v] !== 0) out[v * channels + channel] = ((image[v] ?? 0) - mean) / deviation;
  }
}
