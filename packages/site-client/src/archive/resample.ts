import { AXES, type Axis, type Size3 } from "./grid.js";
import type { AxisSampling, Sampling } from "./sampling.js";
import { requireOneGrid, Volume, type Voxels } from "./volume.js";

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
 * The linear interpolant along one axis, averaged over `width` source voxels around each place: noise is averaged
 * instead of picked, and a linear ramp stays what it is. Beyond the ends the end voxel goes on.
 */
function linearTaps(length: number, { count, start, step, width }: AxisSampling): readonly Taps[] {
  return Array.from({ length: count }, (_, i) => {
    const centre = start + i * step;
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

function nearestIndex(length: number, { start, step }: AxisSampling, i: number): number {
  return Math.min(length - 1, Math.max(0, Math.floor(start + i * step + 0.5)));
}

/**
 * Resamples an image linearly to the sampling's target, one axis after the other.
 * @throws RangeError unless the volume lies on the sampling's source grid
 */
export function resampleLinear(volume: Volume, { source, axes, target }: Sampling): Volume {
  requireOneGrid(volume, { grid: source });
  let current = volume.data;
  let size: Size3 = source.size;
  for (const axis of AXES) {
    if (axes[axis].step === 1) continue;
    const next = size.map((length, a) => (a === axis ? target.size[axis] : length)) as unknown as Size3;
    current = alongAxis(current, size, next, axis, linearTaps(size[axis], axes[axis]));
    size = next;
  }
  return new Volume(target, current);
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

/**
 * Resamples labels or a mask to the sampling's target by nearest neighbour.
 * @throws RangeError unless the volume lies on the sampling's source grid
 */
export function resampleNearest<T extends Voxels>(volume: Volume<T>, { source, axes, target }: Sampling): Volume<T> {
  requireOneGrid(volume, { grid: source });
  const { data } = volume;
  if (axes.every(({ step }) => step === 1)) return new Volume(target, data);
  const [nx, ny, nz] = target.size;
  const [x, y, z] = source.size;
  const columns = Int32Array.from({ length: nx }, (_, i) => nearestIndex(x, axes[0], i));
  const out = new (data.constructor as new (length: number) => T)(nx * ny * nz);
  for (let k = 0, v = 0; k < nz; k++) {
    const slice = nearestIndex(z, axes[2], k) * y;
    for (let j = 0; j < ny; j++) {
      const row = (slice + nearestIndex(y, axes[1], j)) * x;
      for (let i = 0; i < nx; i++, v++) out[v] = data[row + (columns[i] ?? 0)] ?? 0;
    }
  }
  return new Volume(target, out);
}
