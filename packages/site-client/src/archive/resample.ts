import { affineSpacing, type Grid, type Size3 } from "./nifti/index.js";

/** mm along the three axes of a grid. */
export type Spacing = readonly [number, number, number];

/** Spacings that differ by less than this part are taken as equal: headers round, and interpolation blurs. */
const SAME_SPACING = 1e-3;

type Axis = 0 | 1 | 2;
const AXES: readonly Axis[] = [0, 1, 2];

/** Source voxels per target voxel along each axis; exactly 1 where the spacings are the same. */
export function resampleSteps(grid: Grid, spacing: Spacing): Spacing {
  const from = affineSpacing(grid.affine);
  const step = (axis: Axis): number => {
    const ratio = spacing[axis] / from[axis];
    return Math.abs(ratio - 1) < SAME_SPACING ? 1 : ratio;
  };
  return [step(0), step(1), step(2)];
}

/**
 * The grid in the same place with another spacing (mm, along the grid's own axes). The first voxels' centres
 * coincide, as in nibabel's `vox2out_vox`; the last voxel of the new grid lies at or beyond that of the old one, so
 * that no voxel is lost.
 */
export function resampledGrid(grid: Grid, spacing: Spacing): Grid {
  const steps = resampleSteps(grid, spacing);
  const size = AXES.map((axis) => Math.ceil((grid.size[axis] - 1) / steps[axis] - SAME_SPACING) + 1);
  const affine = grid.affine.map((value, at) => {
    const column = at % 4;
    return column === 3 ? value : value * steps[column as Axis];
  });
  return { size: size as unknown as Size3, affine };
}

/** Which source voxels one target voxel is made of, along one axis: those from `first` on, with these weights. */
interface Taps {
  readonly first: number;
  readonly weights: Float64Array;
}

/** The integral of the hat function 1 − |x| from −∞ to x. */
function hatIntegral(x: number): number {
  if (x <= -1) return 0;
  if (x >= 1) return 1;
  return x < 0 ? (1 + x) ** 2 / 2 : 1 - (1 - x) ** 2 / 2;
}

/**
 * Linear interpolation along one axis. Where the target is coarser, `step` source voxels per target voxel, the
 * interpolant is averaged over `step` − 1 source voxels: with the source's own extent that makes a target voxel, so
 * noise is averaged instead of picked, and a linear ramp stays what it is. Beyond the ends the end voxel goes on.
 */
function linearTaps(length: number, count: number, step: number): readonly Taps[] {
  const width = Math.max(0, step - 1);
  return Array.from({ length: count }, (_, i) => {
    const centre = i * step;
    const [from, to] = [centre - width / 2, centre + width / 2];
    const within = (index: number): number => Math.min(length - 1, Math.max(0, index));
    const first = within(Math.floor(from));
    const weights = new Float64Array(within(Math.ceil(to)) - first + 1);
    for (let index = Math.floor(from); index <= Math.ceil(to); index++) {
      // The hat at the position itself is the limit of its mean as the width goes to 0.
      const weight =
        width < 1e-9
          ? Math.max(0, 1 - Math.abs(centre - index))
          : (hatIntegral(to - index) - hatIntegral(from - index)) / width;
      const tap = within(index) - first;
      weights[tap] = (weights[tap] ?? 0) + weight;
    }
    return { first, weights };
  });
}

function nearestIndex(length: number, step: number, i: number): number {
  return Math.min(length - 1, Math.floor(i * step + 0.5));
}

/**
 * Resamples an image linearly to {@link resampledGrid}, one axis after the other.
 * @param data values of `grid`, its first axis running fastest
 */
export function resampleLinear(data: Float32Array, grid: Grid, spacing: Spacing): Float32Array {
  const steps = resampleSteps(grid, spacing);
  const target = resampledGrid(grid, spacing).size;
  let current = data;
  let size: Size3 = grid.size;
  for (const axis of AXES) {
    if (steps[axis] === 1) continue;
    const next = size.map((length, a) => (a === axis ? target[axis] : length)) as unknown as Size3;
    current = alongAxis(current, size, next, axis, linearTaps(size[axis], next[axis], steps[axis]));
    size = next;
  }
  return current;
}

function alongAxis(data: Float32Array, size: Size3, next: Size3, axis: Axis, taps: readonly Taps[]): Float32Array {
  const out = new Float32Array(next[0] * next[1] * next[2]);
  // The axes before this one make contiguous runs, those after it repeat them.
  const run = size.slice(0, axis).reduce((product, length) => product * length, 1);
  const repeats = size.slice(axis + 1).reduce((product, length) => product * length, 1);
  const sums = new Float64Array(run);
  for (let r = 0; r < repeats; r++) {
    for (let i = 0; i < next[axis]; i++) {
      const { first, weights } = taps[i] ?? { first: 0, weights: new Float64Array(0) };
      let start = (r * size[axis] + first) * run;
      sums.fill(0);
      for (const weight of weights) {
        for (let v = 0; v < run; v++) sums[v] = (sums[v] ?? 0) + weight * (data[start + v] ?? 0);
        start += run;
      }
      out.set(sums, (r * next[axis] + i) * run);
    }
  }
  return out;
}

/** Resamples labels or a mask to {@link resampledGrid} by nearest neighbour. */
export function resampleNearest<T extends Float32Array | Uint8Array>(data: T, grid: Grid, spacing: Spacing): T {
  const steps = resampleSteps(grid, spacing);
  if (steps.every((step) => step === 1)) return data;
  const [nx, ny, nz] = resampledGrid(grid, spacing).size;
  const [x, y, z] = grid.size;
  const columns = Int32Array.from({ length: nx }, (_, i) => nearestIndex(x, steps[0], i));
  const out = new (data.constructor as new (length: number) => T)(nx * ny * nz);
  for (let k = 0, v = 0; k < nz; k++) {
    const slice = nearestIndex(z, steps[2], k) * y;
    for (let j = 0; j < ny; j++) {
      const row = (slice + nearestIndex(y, steps[1], j)) * x;
      for (let i = 0; i < nx; i++, v++) out[v] = data[row + (columns[i] ?? 0)] ?? 0;
    }
  }
  return out;
}
