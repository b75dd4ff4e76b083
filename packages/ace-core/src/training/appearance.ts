import type { Random } from "../foundation/index.js";
import type { Triple } from "./geometry.js";

/** Images are z-scored: values and sizes are in standard deviations of the brain. */
export const APPEARANCE = {
  /** The tone curve rises from −4 to 4 in so many straight pieces. */
  pieces: 8,
  /** Largest logarithm of a piece's slope before all are scaled to a mean of 1. */
  slope: 0.6,
  /** Largest coefficient of each term, x, y, z, x², y², z², of the bias field, in coordinates from −1 to 1 over the patch. */
  field: 0.25,
  /** Probability of noise, and its largest standard deviation. */
  noiseProbability: 0.5,
  noise: 0.2,
} as const;

/** Where the tone curve begins and ends; beyond, it goes on with slope 1. */
const EDGE = 4;

/** What one image of a patch gets. */
interface Appearance {
  /** The value at a voxel, `[z, y, x]` of the patch. */
  readonly at: (value: number, z: number, y: number, x: number) => number;
}

/**
 * Another scanner's view of a patch: a random monotone tone curve (nonlinear intensity transformation of Models Genesis, Zhou et
 * al., Medical Image Analysis 2021, here in straight pieces), a smooth bias field (a polynomial of low degree, as in Van
 * Leemput et al., IEEE TMI 1999, added, for values are z-scored), and Gaussian noise. What tells two scanners apart is
 * blurred by it, so that a site's contrast is less of a sign of what its labels hold.
 */
export function randomAppearance(size: Triple, random: Random): Appearance {
  const between = (limit: number): number => (2 * random.uniform() - 1) * limit;
  const curve = toneCurve(Array.from({ length: APPEARANCE.pieces }, () => Math.exp(between(APPEARANCE.slope))));
  const linear = size.map(() => between(APPEARANCE.field));
  const square = size.map(() => between(APPEARANCE.field));
  const noise = random.uniform() < APPEARANCE.noiseProbability ? random.uniform() * APPEARANCE.noise : 0;
  /** Per axis and position, that axis' part of the field. */
  const parts = size.map((side, axis) =>
    Float64Array.from({ length: side }, (_, i) => {
      const u = (2 * i) / side - 1;
      return (linear[axis] ?? 0) * u + (square[axis] ?? 0) * u * u;
    }),
  );
  return {
    at: (value, z, y, x) => {
      const field = (parts[0]?.[z] ?? 0) + (parts[1]?.[y] ?? 0) + (parts[2]?.[x] ?? 0);
      return curve(value) + field + (noise > 0 ? noise * random.normal() : 0);
    },
  };
}

/** Rises in pieces with these slopes, scaled so that −4 and 4 stay where they are. */
export function toneCurve(slopes: readonly number[]): (value: number) => number {
  const width = (2 * EDGE) / slopes.length;
  const scale = slopes.length / slopes.reduce((sum, slope) => sum + slope, 0);
  const heights = slopes.reduce<number[]>((all, slope) => [...all, (all.at(-1) ?? 0) + slope * scale * width], [-EDGE]);
  return (value) => {
    if (!(Math.abs(value) < EDGE)) return value;
    const piece = Math.floor((value + EDGE) / width);
    const begun = value + EDGE - piece * width;
    return (heights[piece] ?? 0) + begun * (slopes[piece] ?? 0) * scale;
  };
}
