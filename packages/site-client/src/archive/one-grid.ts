import { siteError } from "../errors.js";
import { affineSpacing, cornerDistance, type Grid } from "./grid.js";
import { axisCodes, fromRas, rasGrid, toRas } from "./orientation.js";
import { Volume, type Voxels } from "./volume.js";

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
 * Checks that all files of a case have the same voxels in the same places, in whatever order of axes.
 * @throws CASE_GRID_MISMATCH naming the first that does not, and how it differs
 */
export function requireOneHead(files: readonly NamedGrid[]): void {
  const [first, ...others] = files;
  for (const other of others) if (first !== undefined) howItLies(other, first);
}

/**
 * The same voxels on the grid of `target`: the array as it is where the axes run alike, else turned. The grid is then
 * exactly that of `target`, so that nothing later works with two sizes or two strides.
 * @throws CASE_GRID_MISMATCH
 */
export function onto<T extends Voxels>(volume: Volume<T>, name: string, target: NamedGrid): Volume<T> {
  if (howItLies({ name, grid: volume.grid }, target) === "alike") return new Volume(target.grid, volume.data);
  return fromRas(new Volume(rasGrid(target.grid), toRas(volume).data), target.grid);
}

function howItLies(file: NamedGrid, target: NamedGrid): "alike" | "turned" {
  const near = (a: Grid, b: Grid): boolean =>
    isSameSize(a, b) && cornerDistance(a, b) <= TOLERANCE_VOXELS * Math.min(...affineSpacing(b.affine));
  if (near(file.grid, target.grid)) return "alike";
  const [ras, wanted] = [rasGrid(file.grid), rasGrid(target.grid)];
  if (near(ras, wanted)) return "turned";
  if (!isSameSize(ras, wanted)) {
    const shown = (grid: Grid): string => `${grid.size.join(" × ")} voxels along ${axisCodes(grid.affine)}`;
    const sizes = `${file.name} has ${shown(file.grid)}, ${target.name} has ${shown(target.grid)}`;
    throw siteError("CASE_GRID_MISMATCH", sizes);
  }
  const apart = cornerDistance(ras, wanted).toPrecision(3);
  throw siteError(
    "CASE_GRID_MISMATCH",
    `${file.name} lies up to ${apart} mm beside ${target.name}: their headers place the same voxels differently`,
  );
}

function isSameSize(a: Grid, b: Grid): boolean {
  return a.size.every((length, axis) => length === b.size[axis]);
}
