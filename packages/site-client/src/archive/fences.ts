import { moments } from "./normalise.js";
import { requireOneGrid, type Volume } from "./volume.js";

/** Percentiles of the brain's values between which an image's own contrast lies. */
const [LOW, HIGH] = [0.005, 0.995];
/**
 * How far beyond them, in parts of their distance, a value may lie: 7.7 standard deviations from the mean of a normal
 * distribution, further than vessels and lesions go. What lies beyond is a fault of scanner or software.
 */
const BEYOND = 1;
/** Values the percentiles are taken from: more would make them no better. */
const SAMPLE = 2 ** 20;
/** A cut that would have moved the deviation by more than this part is worth a note. */
const MATERIAL = 0.02;

/** An image whose voxels lie within its own brain's range. */
interface Fenced {
  readonly volume: Volume;
  /** What was cut off, where it would have changed the normalisation. */
  readonly note?: string;
}

/**
 * Cuts off voxels that lie far from all others, so that a few wild ones move neither mean nor deviation, nor bleed
 * into their neighbours when the image is resampled. An image without such voxels stays as it is. Outside the brain
 * the background's own value is kept.
 */
export function fenced(volume: Volume, mask: Volume<Uint8Array>): Fenced {
  requireOneGrid(volume, mask);
  const { data } = volume;
  const [low, high] = fences(data, mask.data);
  const [least, most] = outerRange(data, mask.data, low, high);
  let cut = 0;
  let extreme = 0;
  const out = data.map((value, v) => {
    const inside = mask.data[v] === 1;
    const [from, to] = inside ? [low, high] : [least, most];
    if (value >= from && value <= to) return value;
    if (inside) {
      cut++;
      if (Math.abs(value) > Math.abs(extreme)) extreme = value;
    }
    return Math.min(to, Math.max(from, value));
  });
  if (cut === 0 || !isMaterial(data, out, mask.data)) return { volume: volume.with(out) };
  const voxels = cut === 1 ? "1 voxel lies" : `${cut} voxels lie`;
  const [shown, from, to] = [extreme, low, high].map((value) => String(Number(value.toPrecision(4))));
  return {
    volume: volume.with(out),
    note: `${voxels} far from all others (up to ${shown ?? ""}); cut off at ${from ?? ""} to ${to ?? ""}`,
  };
}

/** The range that values of the brain may take. */
function fences(data: Float32Array, mask: Uint8Array): readonly [number, number] {
  const sample = sortedSample(data, mask, 1);
  const at = (share: number): number => sample[Math.round(share * (sample.length - 1))] ?? 0;
  const [low, high] = [at(LOW), at(HIGH)];
  const range = BEYOND * (high - low);
  // An image of two values, or nearly so, has no contrast between its percentiles to measure by.
  return range > 0 ? [low - range, high + range] : [-Infinity, Infinity];
}

/** The range that the surroundings may take: that of the brain and of the background, which is most of what is outside. */
function outerRange(data: Float32Array, mask: Uint8Array, low: number, high: number): readonly [number, number] {
  const sample = sortedSample(data, mask, 0);
  const median = sample[sample.length >> 1] ?? low;
  return [Math.min(low, median), Math.max(high, median)];
}

/** Values where the mask is `wanted`, evenly spread over the image, ascending. */
function sortedSample(data: Float32Array, mask: Uint8Array, wanted: 0 | 1): Float32Array {
  const count = mask.reduce((sum, value) => sum + Number(value === wanted), 0);
  const stride = Math.max(1, Math.ceil(count / SAMPLE));
  const sample = new Float32Array(Math.ceil(count / stride));
  let seen = 0;
  for (let v = 0; v < data.length; v++) {
    if (mask[v] !== wanted) continue;
    if (seen % stride === 0) sample[seen / stride] = data[v] ?? 0;
    seen++;
  }
  return sample.sort();
}

function isMaterial(before: Float32Array, after: Float32Array, mask: Uint8Array): boolean {
  return Math.abs(moments(before, mask).deviation / moments(after, mask).deviation - 1) > MATERIAL;
}
