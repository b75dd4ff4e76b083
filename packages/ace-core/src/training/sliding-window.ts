import { copyBox, voxels } from "./geometry.js";
import type { Triple, Volume } from "./geometry.js";
import { gaussianWindow, windowOrigins } from "./windows.js";

/** Neighbouring windows share this part of a side unless said otherwise. */
export const DEFAULT_OVERLAP = 0.5;

export interface SlidingWindowInput {
  /** `[depth, height, width, channels]`, z-scored inside the brain, 0 outside. */
  readonly image: Float32Array;
  /** `[depth, height, width]` in voxels; any size, also smaller than the window (zeros are added around). */
  readonly size: Triple;
  readonly channels: number;
  /** Number of classes, background (index 0) included. */
  readonly classes: number;
  /** `[depth, height, width]` of a window in voxels; the network's pooling must divide it. */
  readonly patch: Triple;
  /** Part of a side that neighbouring windows share, from 0 up to but not 1; .5 by default. */
  readonly overlap?: number;
  /** Windows per forward pass, 1 by default. */
  readonly batch?: number;
  /**
   * The network on `count` windows.
   *
   * @param windows `[count, depth, height, width, channels]`; used again for the next call.
   * @returns class probabilities `[count, depth, height, width, classes]`
   */
  readonly forward: (windows: Float32Array, count: number) => Promise<Float32Array>;
  readonly signal?: AbortSignal;
  /** Called after each forward pass. */
  readonly onProgress?: (windows: number, of: number) => void;
}

/**
 * Class probabilities of a whole volume from overlapping windows, weighted by a Gaussian. Windows without any non-zero
 * voxel are not looked at; a voxel that no window covers is background.
 *
 * @returns `[depth, height, width, classes]`
 */
export async function slidingWindow(input: SlidingWindowInput): Promise<Float32Array> {
  const { size, channels, classes, patch, batch = 1 } = input;
  const volume: Volume<Float32Array> = { size, channels, data: input.image };
  const origins = windowOrigins(volume, patch, input.overlap ?? DEFAULT_OVERLAP);
  const gaussian = gaussianWindow(patch);
  const sums = new Float32Array(voxels(size) * classes);
  const weights = new Float32Array(voxels(size));
  const length = voxels(patch);
  const windows = new Float32Array(Math.min(batch, origins.length) * length * channels);
  for (let done = 0; done < origins.length;) {
    input.signal?.throwIfAborted();
    const group = origins.slice(done, done + batch);
    windows.fill(0);
    for (const [i, origin] of group.entries()) copyBox(volume, origin, patch, windows, i * length * channels);
    const probabilities = await input.forward(windows.subarray(0, group.length * length * channels), group.length);
    for (const [i, origin] of group.entries()) {
      const part = probabilities.subarray(i * length * classes, (i + 1) * length * classes);
      accumulate(part, gaussian, origin, patch, classes, size, sums, weights);
    }
    done += group.length;
    input.onProgress?.(done, origins.length);
  }
  normalise(sums, weights, classes);
  return sums;
}

function accumulate(
  part: Float32Array,
  gaussian: Float32Array,
  origin: Triple,
  patch: Triple,
  classes: number,
  size: Triple,
  sums: Float32Array,
  weights: Float32Array,
): void {
  const [from, to] = [Math.max(0, -origin[2]), Math.min(patch[2], size[2] - origin[2])];
  for (let z = Math.max(0, -origin[0]); z < Math.min(patch[0], size[0] - origin[0]); z++) {
    for (let y = Math.max(0, -origin[1]); y < Math.min(patch[1], size[1] - origin[1]); y++) {
      const source = (z * patch[1] + y) * patch[2];
      const target = ((z + origin[0]) * size[1] + y + origin[1]) * size[2] + origin[2];
      for (let x = from; x < to; x++) {
        const weight = gaussian[source + x] ?? 0;
        weights[target + x] = (weights[target + x] ?? 0) + weight;
        const [p, s] = [(source + x) * classes, (target + x) * classes];
        for (let k = 0; k < classes; k++) sums[s + k] = (sums[s + k] ?? 0) + weight * (part[p + k] ?? 0);
      }
    }
  }
}

function normalise(sums: Float32Array, weights: Float32Array, classes: number): void {
  for (let voxel = 0; voxel < weights.length; voxel++) {
    const weight = weights[voxel] ?? 0;
    if (weight === 0) sums[voxel * classes] = 1;
    else for (let i = voxel * classes; i < (voxel + 1) * classes; i++) sums[i] = (sums[i] ?? 0) / weight;
  }
}

/** The most probable class of each voxel; the lower index of equals. */
export function argmax(probabilities: Float32Array, classes: number): Uint8Array {
  const labels = new Uint8Array(probabilities.length / classes);
  for (let voxel = 0; voxel < labels.length; voxel++) {
    const at = voxel * classes;
    let best = 0;
    for (let k = 1; k < classes; k++) if ((probabilities[at + k] ?? 0) > (probabilities[at + best] ?? 0)) best = k;
    labels[voxel] = best;
  }
  return labels;
}
