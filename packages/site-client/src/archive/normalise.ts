import { siteError } from "../errors.js";
import { requireOneGrid, type Volume } from "./volume.js";

/** Mean and (population) standard deviation of the voxels inside a mask. */
interface Moments {
  readonly count: number;
  readonly mean: number;
  readonly deviation: number;
}

/** By Welford's recurrence, in double precision: exact enough for a small contrast on a large offset. */
export function moments(data: Float32Array, mask: Uint8Array): Moments {
  let count = 0;
  let mean = 0;
  let squares = 0;
  for (let v = 0; v < data.length; v++) {
    if (mask[v] === 0) continue;
    count++;
    const value = data[v] ?? 0;
    const delta = value - mean;
    mean += delta / count;
    squares += delta * (value - mean);
  }
  return { count, mean, deviation: Math.sqrt(squares / count) };
}

/**
 * Writes one image into a channel of an interleaved volume: (value − mean) / standard deviation inside the brain, 0
 * outside.
 * @param out `[voxels, channels]`, zero where it is not written
 * @param name what to call the image in messages
 * @throws CASE_BLANK if the brain is empty or all its voxels are equal; RangeError for a mask on another grid
 */
export function normaliseInto(
  out: Float32Array,
  image: Volume,
  mask: Volume<Uint8Array>,
  channel: number,
  channels: number,
  name: string,
): void {
  requireOneGrid(image, mask);
  const { count, mean, deviation } = moments(image.data, mask.data);
  if (count === 0) throw siteError("CASE_BLANK", `${name}: there is no voxel inside the brain`);
  if (!(deviation > 1e-6 * Math.abs(mean))) {
    throw siteError("CASE_BLANK", `${name}: all ${count} voxels inside the brain are equal`);
  }
  for (let v = 0; v < image.data.length; v++) {
    if (mask.data[v] !== 0) out[v * channels + channel] = ((image.data[v] ?? 0) - mean) / deviation;
  }
}
