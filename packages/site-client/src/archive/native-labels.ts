import { fromRas } from "./orientation.js";
import type { AxisSampling, Sampling } from "./sampling.js";
import { Volume } from "./volume.js";

/** Class probabilities on the grid that the network saw. */
interface ClassProbabilities {
  /** `[S, A, R, classes]` on the sampling's target. */
  readonly data: Float32Array;
  readonly classes: number;
  /** How the image's own voxels became those of the network. */
  readonly sampling: Sampling;
}

/** Two neighbours of a position along one axis, as offsets into the data, and the share of the second. */
interface Between {
  readonly lower: number;
  readonly upper: number;
  readonly share: number;
}

function between(index: number, { step, start, count }: AxisSampling, stride: number): Between {
  const position = Math.min(count - 1, Math.max(0, (index - start) / step));
  const lower = Math.min(Math.floor(position), Math.max(0, count - 2));
  return { lower: lower * stride, upper: Math.min(lower + 1, count - 1) * stride, share: position - lower };
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
 * @param brain 1 inside the brain, on the image's own grid; everything else becomes 0, the background
 * @returns labels on that grid
 */
export function nativeLabels(probabilities: ClassProbabilities, brain: Volume<Uint8Array>): Volume<Uint8Array> {
  const { data, classes, sampling } = probabilities;
  const [width, height, depth] = sampling.target.size;
  if (data.length !== width * height * depth * classes) {
    throw new RangeError(`${data.length} probabilities for ${width} × ${height} × ${depth} voxels`);
  }
  const labels = fromRas(new Volume(sampling.source, sourceLabels(probabilities)), brain.grid);
  return brain.with(labels.data.map((label, v) => (brain.data[v] === 0 ? 0 : label)));
}

/** In the order of the sampling's source grid. */
function sourceLabels({ data, classes, sampling }: ClassProbabilities): Uint8Array {
  const [width, height] = sampling.target.size;
  const [nx, ny, nz] = sampling.source.size;
  const [ax, ay, az] = sampling.axes;
  const labels = new Uint8Array(nx * ny * nz);
  const columns = Array.from({ length: nx }, (_, i) => between(i, ax, classes));
  const plane = new Float32Array(height * width * classes);
  const row = new Float32Array(width * classes);
  for (let k = 0, v = 0; k < nz; k++) {
    blend(plane, data, between(k, az, plane.length));
    for (let j = 0; j < ny; j++) {
      blend(row, plane, between(j, ay, row.length));
      for (let i = 0; i < nx; i++, v++) labels[v] = mostProbable(row, columns[i], classes);
    }
  }
  return labels;
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
