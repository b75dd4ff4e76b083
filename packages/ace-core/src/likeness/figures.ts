import { JOINT_BINS, JOINT_TOTAL, MOST_BITS } from "../protocol/index.js";
import type { ImageFigures } from "../protocol/index.js";

/** The prepared images of one head. */
export interface PreparedHead {
  /** What they are, such as T1w, in the order of the channels. */
  readonly inputs: readonly string[];
  /** `[voxels, inputs]`, z-scored inside the brain, the first axis of `size` the fastest. */
  readonly image: Float32Array;
  /** `[voxels]`: 1 in the brain, 0 outside. */
  readonly inside: Uint8Array;
  readonly size: readonly [number, number, number];
  /** mm along the axes of `size`. */
  readonly spacing: readonly [number, number, number];
  /** Distinct values of each image as it came, inside the brain. */
  readonly distinct: readonly number[];
}

/** How far one image is moved to see how much two have in common without being of one head: the width of the cortex and more. */
const SHIFT_MM = 4;
/** z-score at which the bins begin, and how many there are to a standard deviation. */
const FIRST = -4;
const PER_DEVIATION = JOINT_BINS / (-2 * FIRST);
/** Fewer voxels than this in a brain tell nothing. */
const FEWEST_VOXELS = 500;
/** In place of a bin: outside of the brain. */
const OUTSIDE = 255;

/** Distinct values inside the brain, as far as they are counted. */
export function countDistinct(data: Float32Array, inside: Uint8Array): number {
  const seen = new Set<number>();
  for (let voxel = 0; voxel < data.length && seen.size < 2 ** MOST_BITS; voxel++) {
    if (inside[voxel] !== 0) seen.add(data[voxel] ?? 0);
  }
  return seen.size;
}

/** The figures of one case; none of a brain of too few voxels. */
export function caseFigures({ inputs, image, inside, size, spacing, distinct }: PreparedHead): ImageFigures {
  if (inside.reduce((sum, is) => sum + is, 0) < FEWEST_VOXELS) return { distinct: {}, pairs: [] };
  const bins = inputs.map((_, channel) => binned(image, channel, inputs.length, inside));
  const steps = spacing.map((mm) => Math.max(1, Math.round(SHIFT_MM / mm)));
  // A row's end is followed by the next one's beginning: between the two lies the air around the head.
  const shifts = [1, size[0], size[0] * size[1]].flatMap((stride, axis) => {
    const shift = stride * (steps[axis] ?? 1);
    return [shift, -shift];
  });
  const pairs = inputs.flatMap((first, i) =>
    inputs.slice(i + 1).map((second, k): ImageFigures["pairs"][number] => {
      const [a, b] = [bins[i] ?? new Uint8Array(), bins[i + 1 + k] ?? new Uint8Array()];
      const joint = jointOf(a, b, 0);
      const moved = shifts.reduce((sum, shift) => sum + information(jointOf(a, b, shift)), 0) / shifts.length;
      return {
        inputs: [first, second],
        cases: 1,
        together: information(joint) - moved,
        joint: [...joint.map((share) => Math.round(share * JOINT_TOTAL))],
      };
    }),
  );
  const bits = (values: number): number => Math.min(MOST_BITS, Math.log2(Math.max(1, values)));
  return {
    distinct: Object.fromEntries(inputs.map((name, i) => [name, { cases: 1, bits: bits(distinct[i] ?? 1) }])),
    pairs,
  };
}

/** Each voxel's bin. */
function binned(image: Float32Array, channel: number, channels: number, inside: Uint8Array): Uint8Array {
  return inside.map((is, voxel) => {
    const bin = Math.floor(((image[voxel * channels + channel] ?? 0) - FIRST) * PER_DEVIATION);
    return is === 0 ? OUTSIDE : Math.max(0, Math.min(JOINT_BINS - 1, bin));
  });
}

/** Shares of the voxels that are inside in both, by their bins; the second image moved by so many voxels. */
function jointOf(a: Uint8Array, b: Uint8Array, shift: number): Float64Array {
  const joint = new Float64Array(JOINT_BINS ** 2);
  let all = 0;
  for (let voxel = Math.max(0, -shift); voxel < Math.min(a.length, a.length - shift); voxel++) {
    const [i = OUTSIDE, j = OUTSIDE] = [a[voxel], b[voxel + shift]];
    if (i === OUTSIDE || j === OUTSIDE) continue;
    joint[i * JOINT_BINS + j] = (joint[i * JOINT_BINS + j] ?? 0) + 1;
    all++;
  }
  return joint.map((count) => count / Math.max(1, all));
}

/** Mutual information in nats. */
function information(joint: Float64Array): number {
  const rows = new Float64Array(JOINT_BINS);
  const columns = new Float64Array(JOINT_BINS);
  joint.forEach((share, at) => {
    const [i, j] = [Math.floor(at / JOINT_BINS), at % JOINT_BINS];
    rows[i] = (rows[i] ?? 0) + share;
    columns[j] = (columns[j] ?? 0) + share;
  });
  return joint.reduce((sum, share, at) => {
    const apart = (rows[Math.floor(at / JOINT_BINS)] ?? 0) * (columns[at % JOINT_BINS] ?? 0);
    return share === 0 ? sum : sum + share * Math.log(share / apart);
  }, 0);
}
