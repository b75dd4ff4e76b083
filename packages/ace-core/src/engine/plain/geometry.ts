import type { Shape5, Sides } from "./array.js";

/** A pair of voxels that one tap of a filter joins. All three are linear indices without channels. */
type Visit = (output: number, input: number, tap: number) => void;

/** Every (output, input, tap) of a stride-1 filter with odd sides under zero padding to the same size. */
export function sameTaps([n, d, h, w]: Shape5, [kd, kh, kw]: Sides, visit: Visit): void {
  for (let b = 0; b < n; b++)
    for (let z = 0; z < d; z++)
      for (let y = 0; y < h; y++)
        for (let x = 0; x < w; x++)
          for (let tap = 0; tap < kd * kh * kw; tap++) {
            const iz = z + Math.floor(tap / (kh * kw)) - (kd >> 1);
            const iy = y + (Math.floor(tap / kw) % kh) - (kh >> 1);
            const ix = x + (tap % kw) - (kw >> 1);
            if (iz < 0 || iz >= d || iy < 0 || iy >= h || ix < 0 || ix >= w) continue;
            visit(((b * d + z) * h + y) * w + x, ((b * d + iz) * h + iy) * w + ix, tap);
          }
}

/**
 * Every (fine, coarse, tap) of a 2×2×2 filter with stride 2 over a coarse volume; for one coarse voxel the fine
 * ones come in memory order.
 */
export function doublingTaps([n, d, h, w]: Shape5, visit: Visit): void {
  for (let b = 0; b < n; b++)
    for (let z = 0; z < d; z++)
      for (let y = 0; y < h; y++)
        for (let x = 0; x < w; x++)
          for (let tap = 0; tap < 8; tap++) {
            const fz = 2 * z + (tap >> 2);
            const fy = 2 * y + ((tap >> 1) & 1);
            const fx = 2 * x + (tap & 1);
            visit(((b * 2 * d + fz) * 2 * h + fy) * 2 * w + fx, ((b * d + z) * h + y) * w + x, tap);
          }
}

/** Number of elements. */
export function sizeOf(shape: readonly number[]): number {
  return shape.reduce((product, side) => product * side, 1);
}

/** The shape with other channels. */
export function withChannels([n, d, h, w]: Shape5, channels: number): Shape5 {
  return [n, d, h, w, channels];
}

/** The shape with every side doubled. */
export function doubled([n, d, h, w, c]: Shape5): Shape5 {
  return [n, 2 * d, 2 * h, 2 * w, c];
}

/** The shape with every side halved. */
export function halved([n, d, h, w, c]: Shape5): Shape5 {
  return [n, d / 2, h / 2, w / 2, c];
}
