/** A size or position of a volume: depth, height, width, which are S, A, R of the scan. */
export type Triple = readonly [number, number, number];

/** Calls `visit` with each axis of a volume. */
export function perAxis(visit: (axis: 0 | 1 | 2) => number): Triple {
  return [visit(0), visit(1), visit(2)];
}

/** A plan's patch (R, A, S) in the order of a volume's axes (depth, height, width = S, A, R). */
export function patchSize(plan: { readonly training: { readonly patch: Triple } }): Triple {
  const [r, a, s] = plan.training.patch;
  return [s, a, r];
}

/** Number of voxels. */
export function voxels(size: Triple): number {
  return size[0] * size[1] * size[2];
}

/** An image or label volume with its channels innermost. */
export interface Volume<T extends Float32Array | Uint8Array> {
  readonly size: Triple;
  readonly channels: number;
  /** `[depth, height, width, channels]` */
  readonly data: T;
}

/**
 * Copies a box out of a volume. What lies outside of the volume is left as it is in `target`.
 *
 * @param origin first voxel of the box; may be negative, and the box may reach beyond the volume.
 * @param at where the box begins in `target`, values.
 */
export function copyBox<T extends Float32Array | Uint8Array>(
  volume: Volume<T>,
  origin: Triple,
  box: Triple,
  target: Float32Array | Int32Array,
  at = 0,
): void {
  const { size, channels, data } = volume;
  const [z0, y0, x0] = perAxis((axis) => Math.max(0, -origin[axis]));
  const [z1, y1, x1] = perAxis((axis) => Math.min(box[axis], size[axis] - origin[axis]));
  if (x1 <= x0) return;
  for (let z = z0; z < z1; z++) {
    for (let y = y0; y < y1; y++) {
      const from = (((z + origin[0]) * size[1] + y + origin[1]) * size[2] + x0 + origin[2]) * channels;
      const to = at + ((z * box[1] + y) * box[2] + x0) * channels;
      target.set(data.subarray(from, from + (x1 - x0) * channels), to);
    }
  }
}

/** The smallest box around all voxels with a non-zero value in any channel; undefined if there is none. */
export function boundingBox(volume: Volume<Float32Array>): { origin: Triple; size: Triple } | undefined {
  const { size, channels, data } = volume;
  const [depth, height, width] = size;
  const low = [depth, height, width];
  const high = [-1, -1, -1];
  const rowLength = width * channels;
  for (let z = 0, row = 0; z < depth; z++) {
    for (let y = 0; y < height; y++, row += rowLength) {
      let first = 0;
      while (first < rowLength && data[row + first] === 0) first++;
      if (first === rowLength) continue;
      let last = rowLength - 1;
      while (data[row + last] === 0) last--;
      const found = [z, y, Math.floor(first / channels), z, y, Math.floor(last / channels)];
      for (let axis = 0; axis < 3; axis++) {
        low[axis] = Math.min(low[axis] ?? 0, found[axis] ?? 0);
        high[axis] = Math.max(high[axis] ?? 0, found[axis + 3] ?? 0);
      }
    }
  }
  if ((high[0] ?? -1) < 0) return undefined;
  return {
    origin: perAxis((axis) => low[axis] ?? 0),
    size: perAxis((axis) => (high[axis] ?? 0) - (low[axis] ?? 0) + 1),
  };
}
