/** Lengths along the three voxel axes i, j, k; i runs fastest in memory. */
export type Size3 = readonly [number, number, number];

/**
 * Rows of the upper 3 × 4 part of an affine, voxel index (i, j, k, 1) → mm in RAS+ world coordinates: row-major,
 * 12 numbers.
 */
export type Affine = readonly number[];

/** mm along the three axes of a grid. */
export type Spacing = readonly [number, number, number];

/** Where voxels lie: the number of them along each axis, and the affine. */
export interface Grid {
  readonly size: Size3;
  readonly affine: Affine;
}

export type Axis = 0 | 1 | 2;
export const AXES: readonly Axis[] = [0, 1, 2];

export function voxelCount({ size }: Grid): number {
  return size[0] * size[1] * size[2];
}

/** Voxel edge lengths of an affine, in mm, in the order of the voxel axes. */
export function affineSpacing(affine: Affine): Spacing {
  const column = (axis: number): number => Math.hypot(affine[axis] ?? 0, affine[4 + axis] ?? 0, affine[8 + axis] ?? 0);
  return [column(0), column(1), column(2)];
}

/** Determinant of the 3 × 3 part, in mm³: the signed volume of one voxel. */
export function affineDeterminant(affine: Affine): number {
  const [a = 0, b = 0, c = 0, , d = 0, e = 0, f = 0, , g = 0, h = 0, i = 0] = affine;
  return a * (e * i - f * h) - b * (d * i - f * g) + c * (d * h - e * g);
}

/** The voxel index, not rounded, of the world's origin: A⁻¹ · (0, 0, 0), by Cramer's rule. */
export function indexOfOrigin(affine: Affine): Spacing {
  const replaced = (axis: Axis): Affine =>
    affine.map((value, n) => (n % 4 === axis ? -(affine[4 * Math.floor(n / 4) + 3] ?? 0) : value));
  const determinant = affineDeterminant(affine);
  const along = (axis: Axis): number => affineDeterminant(replaced(axis)) / determinant;
  return [along(0), along(1), along(2)];
}

/** Whether two grids are one and the same, to the last digit. */
export function isSameGrid(a: Grid, b: Grid): boolean {
  return a === b || (a.size.every((n, i) => n === b.size[i]) && a.affine.every((value, i) => value === b.affine[i]));
}

/** Largest distance in mm between the same corner of two grids of one size. */
export function cornerDistance(a: Grid, b: Grid): number {
  const difference = a.affine.map((value, at) => value - (b.affine[at] ?? 0));
  let largest = 0;
  for (let corner = 0; corner < 8; corner++) {
    const index = a.size.map((length, axis) => ((corner >> axis) & 1) * (length - 1));
    const offset = [0, 1, 2].map((row) => {
      const at = (column: number): number => difference[4 * row + column] ?? 0;
      return at(0) * (index[0] ?? 0) + at(1) * (index[1] ?? 0) + at(2) * (index[2] ?? 0) + at(3);
    });
    largest = Math.max(largest, Math.hypot(...offset));
  }
  return largest;
}
