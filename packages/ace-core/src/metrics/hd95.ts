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
    return percentile(takeWhere(from, to).map(Math.sqrt), 0.95);
  });
  return Math.max(...percentiles);
}

interface Box {
  readonly origin: Size;
  readonly size: Size;
}

/** The smallest box around both masks: no surface lies outside of it. */
function commonBox(a: Uint8Array, b: Uint8Array, [depth, height, width]: Size): Box | undefined {
  let [z0, y0, x0, z1, y1, x1] = [depth, height, width, -1, -1, -1];
  for (let z = 0, i = 0; z < depth; z++) {
    for (let y = 0; y < height; y++) {
      for (let x = 0; x < width; x++, i++) {
        if (a[i] === 0 && b[i] === 0) continue;
        z0 = Math.min(z0, z);
        z1 = z;
        y0 = Math.min(y0, y);
        y1 = Math.max(y1, y);
        x0 = Math.min(x0, x);
        x1 = Math.max(x1, x);
      }
    }
  }
  return z1 < 0 ? undefined : { origin: [z0, y0, x0], size: [z1 - z0 + 1, y1 - y0 + 1, x1 - x0 + 1] };
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
  const result = new Uint8Array(mask.length);
  for (let z = 0, i = 0; z < depth; z++) {
    for (let y = 0; y < height; y++) {
      for (let x = 0; x < width; x++, i++) {
        if (mask[i] === 0) continue;
        const border = z === 0 || y === 0 || x === 0 || z === depth - 1 || y === height - 1 || x === width - 1;
        // A mask is 0 or 1: all six are 1, or one is outside.
        result[i] = border || around(mask, i, plane, width) < 6 ? 1 : 0;
      }
    }
  }
  return result;
}

/** Sum over the six neighbours of a voxel that is not at the border. */
function around(mask: Uint8Array, i: number, plane: number, width: number): number {
  const at = (voxel: number): number => mask[voxel] ?? 0;
  return at(i - plane) + at(i + plane) + at(i - width) + at(i + width) + at(i - 1) + at(i + 1);
}

/** The values at the voxels of a mask, in their order. */
function takeWhere(mask: Uint8Array, values: Float64Array): Float64Array {
  const taken = new Float64Array(mask.reduce((sum, value) => sum + value, 0));
  for (let i = 0, to = 0; i < mask.length; i++) if (mask[i] !== 0) taken[to++] = values[i] ?? 0;
  return taken;
}

/** Linear between the two nearest ranks: NumPy's default, type 7 of Hyndman & Fan (1996). */
function percentile(values: Float64Array, fraction: number): number {
  const sorted = values.sort();
  const rank = fraction * (sorted.length - 1);
  const below = sorted[Math.floor(rank)] ?? Number.NaN;
  const above = sorted[Math.ceil(rank)] ?? Number.NaN;
  return below + (rank - Math.floor(rank)) * (above - below);
}
