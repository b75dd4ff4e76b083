import { fromRas, rasGrid, resampleSteps, type Grid, type Spacing } from "../archive/index.js";

/** Class probabilities on the grid that the network saw. */
export interface ClassProbabilities {
  /** `[S, A, R, classes]` on the RAS grid of `spacing` that images of `grid` were brought to. */
  readonly data: Float32Array;
  /** Voxels along S, A, R. */
  readonly size: readonly [number, number, number];
  readonly classes: number;
}

/** Two neighbours of a position along one axis, as offsets into the data, and the share of the second. */
interface Between {
  readonly lower: number;
  readonly upper: number;
  readonly share: number;
}

function between(index: number, step: number, length: number, stride: number): Between {
  const position = Math.min(length - 1, index / step);
  const lower = Math.min(Math.floor(position), Math.max(0, length - 2));
  return { lower: lower * stride, upper: Math.min(lower + 1, length - 1) * stride, share: position - lower };
}

/** out = (1 − share) a + share b over `out.length` values. */
function blend(out: Float32Array, data: Float32Array, { lower, upper, share }: Between): void {
  for (let n = 0; n < out.length; n++) {
    const a = data[lower + n] ?? 0;
    out[n] = a + share * ((data[upper + n] ?? 0) - a);
  }
}

/**
 * The most probable class of every voxel of an image's own grid: probabilities are interpolated linearly, plane by
 * plane, so that only the labels are ever held for the whole grid.
 * @param brain 1 inside the brain, in the voxel order of `grid`; everything else becomes 0, the background
 * @returns labels in the voxel order of `grid`
 */
export function nativeLabels(
  probabilities: ClassProbabilities,
  grid: Grid,
  spacing: Spacing,
  brain: Uint8Array,
): Uint8Array {
  const { data, classes } = probabilities;
  const [depth, height, width] = probabilities.size;
  const ras = rasGrid(grid);
  const [sx, sy, sz] = resampleSteps(ras, spacing);
  const [nx, ny, nz] = ras.size;
  const labels = new Uint8Array(nx * ny * nz);
  const columns = Array.from({ length: nx }, (_, i) => between(i, sx, width, classes));
  const plane = new Float32Array(height * width * classes);
  const row = new Float32Array(width * classes);
  for (let k = 0, v = 0; k < nz; k++) {
    blend(plane, data, between(k, sz, depth, plane.length));
    for (let j = 0; j < ny; j++) {
      blend(row, plane, between(j, sy, height, row.length));
      for (let i = 0; i < nx; i++, v++) labels[v] = mostProbable(row, columns[i], classes);
    }
  }
  const native = fromRas(labels, grid);
  return native.map((label, v) => (brain[v] === 0 ? 0 : label));
}

/** The lower index of equals. */
function mostProbable(row: Float32Array, at: Between | undefined, classes: number): number {
  if (at === undefined) return 0;
  let best = 0;
  let most = -1;
  for (let c = 0; c < classes; c++) {
    const a = row[at.lower + c] ?? 0;
    const value = a + at.share * ((row[at.upper + c] ?? 0) - a);
    if (value > most) {
      most = value;
      best = c;
    }
  }
  return best;
}
