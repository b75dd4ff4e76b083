import { AXES, type Axis, type Grid } from "./grid.js";
import type { Volume } from "./volume.js";

/** An axis of fewer voxels than this has no border of its own: all of a slice would be one. */
const SHORTEST_AXIS = 8;

/** Calls `visit` with the index of every voxel on the outer faces of a grid, those on edges more than once. */
function eachBorderVoxel({ size }: Grid, visit: (voxel: number) => void): void {
  const strides = [1, size[0], size[0] * size[1]] as const;
  const long = AXES.filter((axis) => size[axis] >= SHORTEST_AXIS);
  for (const axis of long.length === 0 ? AXES : long) {
    const [u, v] = AXES.filter((other) => other !== axis) as [Axis, Axis];
    for (const face of new Set([0, size[axis] - 1])) {
      for (let j = 0; j < size[v]; j++) {
        for (let i = 0; i < size[u]; i++) visit(face * strides[axis] + i * strides[u] + j * strides[v]);
      }
    }
  }
}

/** The commonest value of the border, and its share of the border. */
export function commonestBorderValue({ grid, data }: Volume): { readonly value: number; readonly share: number } {
  const counts = new Map<number, number>();
  let all = 0;
  eachBorderVoxel(grid, (voxel) => {
    const value = data[voxel] ?? 0;
    counts.set(value, (counts.get(value) ?? 0) + 1);
    all++;
  });
  let [value, most] = [0, 0];
  for (const [candidate, count] of counts) if (count > most) [value, most] = [candidate, count];
  return { value, share: most / all };
}

/**
 * Marks (1) the voxels of a kind that hang together with the border through voxels of that kind, face to face.
 * @param isKind whether the voxel with this index is of the kind
 */
export function joinedToBorder(grid: Grid, isKind: (voxel: number) => boolean): Uint8Array {
  const [x, y, z] = grid.size;
  const reached = new Uint8Array(x * y * z);
  const pending: number[] = [];
  const reach = (voxel: number): void => {
    if (reached[voxel] === 1 || !isKind(voxel)) return;
    reached[voxel] = 1;
    pending.push(voxel);
  };
  eachBorderVoxel(grid, reach);
  for (let voxel = pending.pop(); voxel !== undefined; voxel = pending.pop()) {
    const [i, j, k] = [voxel % x, Math.floor(voxel / x) % y, Math.floor(voxel / (x * y))];
    if (i > 0) reach(voxel - 1);
    if (i < x - 1) reach(voxel + 1);
    if (j > 0) reach(voxel - x);
    if (j < y - 1) reach(voxel + x);
    if (k > 0) reach(voxel - x * y);
    if (k < z - 1) reach(voxel + x * y);
  }
  return reached;
}
