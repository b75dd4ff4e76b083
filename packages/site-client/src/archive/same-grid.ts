import { siteError } from "../errors.js";
import { affineSpacing, type Grid } from "./nifti/index.js";

/**
 * How far apart, in voxels, the corners of two grids may lie that count as one: headers hold float32 and quaternions
 * round, registration errors are larger.
 */
const TOLERANCE_VOXELS = 0.1;

interface NamedGrid {
  readonly name: string;
  readonly grid: Grid;
}

/**
 * Checks that all files of a case have the same voxels in the same places.
 * @throws CASE_GRID_MISMATCH naming the first that does not, and how it differs
 */
export function requireSameGrid(files: readonly NamedGrid[]): void {
  const [first, ...others] = files;
  if (first === undefined) return;
  for (const other of others) {
    if (other.grid.size.some((length, axis) => length !== first.grid.size[axis])) {
      const shown = (grid: Grid): string => grid.size.join(" × ");
      throw siteError(
        "CASE_GRID_MISMATCH",
        `${other.name} has ${shown(other.grid)} voxels, ${first.name} has ${shown(first.grid)}`,
      );
    }
    const apart = cornerDistance(first.grid, other.grid);
    if (apart > TOLERANCE_VOXELS * Math.min(...affineSpacing(first.grid.affine))) {
      throw siteError(
        "CASE_GRID_MISMATCH",
        `${other.name} lies up to ${apart.toPrecision(3)} mm beside ${first.name}: their headers place the same voxels differently`,
      );
    }
  }
}

/** Largest distance in mm between the same corner of two grids of one size. */
function cornerDistance(a: Grid, b: Grid): number {
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
