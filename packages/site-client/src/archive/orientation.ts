import { AXES, type Affine, type Axis, type Grid, type Size3 } from "./grid.js";
import { requireOneGrid, Volume, type Voxels } from "./volume.js";

/** How a grid's voxel axes run: for each of R, A, S the voxel axis closest to it, and whether that one runs backwards. */
interface Orientation {
  readonly axes: readonly [Axis, Axis, Axis];
  readonly flipped: readonly [boolean, boolean, boolean];
}

const LETTERS = ["RL", "AP", "SI"] as const;
/** Newton's iteration doubles the correct digits; from any affine that passes the header checks 30 steps are plenty. */
const POLAR_STEPS = 30;

type Matrix3 = readonly (readonly [number, number, number])[];

/**
 * The closest orientation along R, A, S, the same choice as nibabel's `io_orientation`: the rotation nearest to the
 * affine (its polar factor) decides, and voxel axes are assigned from the clearest one to the least clear.
 */
function orientationOf(affine: Affine): Orientation {
  const rotation = polarFactor(affine);
  const entry = (out: Axis, from: Axis): number => rotation[out]?.[from] ?? 0;
  const clearest = (from: Axis): number => Math.max(...AXES.map((out) => entry(out, from) ** 2));
  const order = [...AXES].sort((a, b) => clearest(b) - clearest(a));
  const free = new Set<Axis>(AXES);
  const axes: [Axis, Axis, Axis] = [0, 1, 2];
  const flipped: [boolean, boolean, boolean] = [false, false, false];
  for (const from of order) {
    const out = [...free].reduce((best, next) =>
      Math.abs(entry(next, from)) > Math.abs(entry(best, from)) ? next : best,
    );
    free.delete(out);
    axes[out] = from;
    flipped[out] = entry(out, from) < 0;
  }
  return { axes, flipped };
}

/** The three letters of a grid's voxel axes, as in "LAS": the direction in which each one runs. */
export function axisCodes(affine: Affine): string {
  const { axes, flipped } = orientationOf(affine);
  return AXES.map((from) => {
    const out = axes.indexOf(from) as Axis;
    return LETTERS[out][flipped[out] ? 1 : 0];
  }).join("");
}

/** A grid with its axes permuted and flipped to RAS: the same voxels at the same places. */
export function rasGrid(grid: Grid): Grid {
  const { axes, flipped } = orientationOf(grid.affine);
  const size = axes.map((axis) => grid.size[axis]) as unknown as Size3;
  const affine = [0, 1, 2].flatMap((row) => {
    const at = (column: number): number => grid.affine[4 * row + column] ?? 0;
    let offset = at(3);
    const columns = AXES.map((out) => {
      const column = at(axes[out]);
      if (!flipped[out]) return column;
      offset += column * (size[out] - 1);
      return -column;
    });
    return [...columns, offset];
  });
  return { size, affine };
}

/** The voxels in the order of {@link rasGrid}, on that grid; the same array where nothing has to move. */
export function toRas<T extends Voxels>({ grid, data }: Volume<T>): Volume<T> {
  const orientation = orientationOf(grid.affine);
  const target = rasGrid(grid);
  if (isIdentity(orientation)) return new Volume(target, data);
  const out = data.slice() as T;
  eachVoxel(grid, orientation, (ras, native) => {
    out[ras] = data[native] ?? 0;
  });
  return new Volume(target, out);
}

/** Voxels of the RAS grid of `grid` back on `grid` itself. */
export function fromRas<T extends Voxels>(volume: Volume<T>, grid: Grid): Volume<T> {
  requireOneGrid(volume, { grid: rasGrid(grid) });
  const { data } = volume;
  const orientation = orientationOf(grid.affine);
  if (isIdentity(orientation)) return new Volume(grid, data);
  const out = data.slice() as T;
  eachVoxel(grid, orientation, (ras, native) => {
    out[native] = data[ras] ?? 0;
  });
  return new Volume(grid, out);
}

function isIdentity({ axes, flipped }: Orientation): boolean {
  return axes.every((axis, out) => axis === out) && !flipped.includes(true);
}

/** Calls `visit` with the index of every voxel in RAS order and in the grid's own. */
function eachVoxel(grid: Grid, { axes, flipped }: Orientation, visit: (ras: number, native: number) => void): void {
  const strides = [1, grid.size[0], grid.size[0] * grid.size[1]] as const;
  const length = axes.map((axis) => grid.size[axis]) as unknown as Size3;
  const step = AXES.map((out) => (flipped[out] ? -1 : 1) * strides[axes[out]]) as unknown as Size3;
  const first = AXES.reduce<number>((sum, out) => sum + (flipped[out] ? strides[axes[out]] * (length[out] - 1) : 0), 0);
  let ras = 0;
  for (let k = 0; k < length[2]; k++) {
    for (let j = 0; j < length[1]; j++) {
      let native = first + k * step[2] + j * step[1];
      for (let i = 0; i < length[0]; i++, native += step[0]) visit(ras++, native);
    }
  }
}

/** The orthogonal factor of the affine's 3 × 3 part with columns of length 1: X ← (X + X⁻ᵀ) / 2 (Higham 1986). */
function polarFactor(affine: Affine): Matrix3 {
  const at = (row: number, column: number): number => affine[4 * row + column] ?? 0;
  const norms = AXES.map((column) => Math.hypot(at(0, column), at(1, column), at(2, column)));
  let x: Matrix3 = AXES.map((row) => [
    at(row, 0) / (norms[0] ?? 1),
    at(row, 1) / (norms[1] ?? 1),
    at(row, 2) / (norms[2] ?? 1),
  ]);
  for (let step = 0; step < POLAR_STEPS; step++) {
    const inverse = inverseTranspose(x);
    const mean = (row: number, column: Axis): number => ((x[row]?.[column] ?? 0) + (inverse[row]?.[column] ?? 0)) / 2;
    x = AXES.map((row) => [mean(row, 0), mean(row, 1), mean(row, 2)]);
  }
  return x;
}

/** Inverse of the transpose: the matrix of cofactors over the determinant. */
function inverseTranspose(m: Matrix3): Matrix3 {
  const at = (row: number, column: number): number => m[row % 3]?.[column % 3] ?? 0;
  const cofactor = (r: number, c: number): number =>
    at(r + 1, c + 1) * at(r + 2, c + 2) - at(r + 1, c + 2) * at(r + 2, c + 1);
  const determinant = at(0, 0) * cofactor(0, 0) + at(0, 1) * cofactor(0, 1) + at(0, 2) * cofactor(0, 2);
  return AXES.map((r) => [cofactor(r, 0) / determinant, cofactor(r, 1) / determinant, cofactor(r, 2) / determinant]);
}
