import { boundingBox, perAxis } from "./geometry.js";
import type { Triple, Volume } from "./geometry.js";

/**
 * Where sliding windows begin along one axis so that they cover `[from, from + extent)`: evenly spaced, neighbours
 * overlap by at least `overlap` of a window (Isensee et al., nnU-Net, Nature Methods 2021). One window that is larger
 * than the extent is centred on it, but kept inside the volume as far as it fits there.
 *
 * @param length voxels of the volume along this axis.
 */
export function windowStarts(length: number, from: number, extent: number, window: number, overlap: number): number[] {
  const inside = (start: number): number =>
    window >= length ? -Math.floor((window - length) / 2) : Math.min(Math.max(start, 0), length - window);
  if (extent <= window) return [inside(from - Math.floor((window - extent) / 2))];
  const gaps = Math.ceil((extent - window) / Math.max(1, window * (1 - overlap)));
  return Array.from({ length: gaps + 1 }, (_, i) => inside(from + Math.round((i * (extent - window)) / gaps)));
}

/** Origins of the windows that hold any non-zero voxel, in memory order. */
export function windowOrigins(image: Volume<Float32Array>, window: Triple, overlap: number): Triple[] {
  const box = boundingBox(image);
  if (box === undefined) return [];
  const starts = ([0, 1, 2] as const).map((axis) =>
    windowStarts(image.size[axis], box.origin[axis], box.size[axis], window[axis], overlap),
  );
  const origins: Triple[] = [];
  for (const z of starts[0] ?? []) {
    for (const y of starts[1] ?? []) {
      for (const x of starts[2] ?? []) {
        if (holdsAnything(image, [z, y, x], window)) origins.push([z, y, x]);
      }
    }
  }
  return origins;
}

function holdsAnything({ size, channels, data }: Volume<Float32Array>, origin: Triple, window: Triple): boolean {
  const [z0, y0, x0] = perAxis((axis) => Math.max(0, origin[axis]));
  const [z1, y1, x1] = perAxis((axis) => Math.min(size[axis], origin[axis] + window[axis]));
  for (let z = z0; z < z1; z++) {
    for (let y = y0; y < y1; y++) {
      const row = (z * size[1] + y) * size[2];
      for (let i = (row + x0) * channels; i < (row + x1) * channels; i++) if (data[i] !== 0) return true;
    }
  }
  return false;
}

/**
 * Weights of the voxels of a window, 1 at its centre: a Gaussian of σ = an eighth of each side, as in nnU-Net. At the
 * corners it is e⁻²⁴, which float32 still holds.
 */
export function gaussianWindow(window: Triple): Float32Array {
  const profile = ([0, 1, 2] as const).map((axis) => {
    const side = window[axis];
    return Array.from({ length: side }, (_, i) => Math.exp(-0.5 * ((i - (side - 1) / 2) / (side / 8)) ** 2));
  });
  const weights = new Float32Array(window[0] * window[1] * window[2]);
  let at = 0;
  for (const z of profile[0] ?? []) for (const y of profile[1] ?? []) for (const x of profile[2] ?? []) weights[at++] = z * y * x; // prettier-ignore
  return weights;
}
