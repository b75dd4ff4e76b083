import { squaredDistances } from "./distance.js";
import type { MaskPair, Size } from "./masks.js";

/**
 * 95th percentile Hausdorff distance in mm: of the distances from each surface voxel of one mask to the nearest
 * surface voxel of the other, the 95th percentile (linear between ranks, as NumPy's default), both ways, and of the
 * two the larger one (Metrics Reloaded, Maier-Hein et al., Nature Methods 2024). A surface voxel is a voxel of the
 * mask with one of its 6 neighbours outside of it; outside of the volume counts as outside of the mask.
 *
 * Empty masks: if both are, the distance is not defined and comes back as null, to be left out of means; if one is,
 * it is the volume's diagonal, the largest distance there could be, as in the BraTS challenges.
 */
export function hd95({ prediction, truth, size, spacing }: MaskPair): number | null {
  const count = size[0] * size[1] * size[2];
  if (prediction.length !== count || truth.length !== count) throw new RangeError("masks and size do not fit");
  const box = commonBox(prediction, truth, size);
  const empty = [prediction, truth].filter((mask) => mask.every((value) => value === 0)).length;
  if (box === undefined) return null;
  if (empty === 1) return Math.hypot(...size.map((side, axis) => side * (spacing[axis] ?? 1)));
  const surfaces = [surface(crop(prediction, size, box), box.size), surface(crop(truth, size, box), box.size)] as const;
  const percentiles = surfaces.map((from, i) => {
    const to = squaredDistances(surfaces[1 - i] ?? from, box.size, spacing);
    return percentile(to.filter((_, voxel) => from[voxel] !== 0).map(Math.sqrt), 0.95);
  });
  return Math.max(...percentiles);
}

interface Box {
  readonly origin: Size;
  readonly size: Size;
}

/** The smallest box around both masks: no surface lies outside of it. */
function commonBox(a: Uint8Array, b: Uint8Array, [depth, height, width]: Size): Box | undefined {
  const low = [depth, height, width];
  const high = [-1, -1, -1];
  for (let i = 0; i < a.length; i++) {
    if (a[i] === 0 && b[i] === 0) continue;
    const at = [Math.floor(i / (height * width)), Math.floor(i / width) % height, i % width];
    for (const [axis, value] of at.entries()) {
      low[axis] = Math.min(low[axis] ?? 0, value);
      high[axis] = Math.max(high[axis] ?? 0, value);
    }
  }
  if ((high[0] ?? -1) < 0) return undefined;
  const [z = 0, y = 0, x = 0] = low;
  return { origin: [z, y, x], size: [(high[0] ?? 0) - z + 1, (high[1] ?? 0) - y + 1, (high[2] ?? 0) - x + 1] };
}

function crop(mask: Uint8Array, [, height, width]: Size, { origin, size }: Box): Uint8Array {
  const result = new Uint8Array(size[0] * size[1] * size[2]);
  for (let z = 0, to = 0; z < size[0]; z++) {
    for (let y = 0; y < size[1]; y++, to += size[2]) {
      const from = ((z + origin[0]) * height + y + origin[1]) * width + origin[2];
      result.set(mask.subarray(from, from + size[2]), to);
    }
  }
  return result;
}

/** 1 at surface voxels. Cropping does not change them: what is cut off is outside of both masks. */
function surface(mask: Uint8Array, [depth, height, width]: Size): Uint8Array {
  const plane = height * width;
  return mask.map((value, i) => {
    if (value === 0) return 0;
    const [z, y, x] = [Math.floor(i / plane), Math.floor(i / width) % height, i % width];
    const border = z === 0 || y === 0 || x === 0 || z === depth - 1 || y === height - 1 || x === width - 1;
    if (border) return 1;
    const neighbours = [i - plane, i + plane, i - width, i + width, i - 1, i + 1];
    return neighbours.some((neighbour) => mask[neighbour] === 0) ? 1 : 0;
  });
}

/** Linear between the two nearest ranks: NumPy's default, type 7 of Hyndman & Fan (1996). */
function percentile(values: Float64Array, fraction: number): number {
  const sorted = values.sort();
  const rank = fraction * (sorted.length - 1);
  const below = sorted[Math.floor(rank)] ?? Number.NaN;
  const above = sorted[Math.ceil(rank)] ?? Number.NaN;
  return below + (rank - Math.floor(rank)) * (above - below);
}
