import { isSameGrid, voxelCount, type Grid } from "./grid.js";

export type Voxels = Float32Array | Uint8Array;

/**
 * Voxels with the grid they lie on; `data[i + size[0] * (j + size[1] * k)]`. Whatever combines two volumes takes them
 * whole and asks {@link requireOneGrid} first, or says in its name that it resamples: an array alone does not know
 * whose strides it has. A class, so that an object literal whose length nobody has checked is no volume.
 */
export class Volume<T extends Voxels = Float32Array> {
  readonly grid: Grid;
  readonly #data: T;

  /** @throws RangeError unless there is exactly one value for each voxel of the grid */
  constructor(grid: Grid, data: T) {
    if (data.length !== voxelCount(grid)) {
      throw new RangeError(`${data.length} values for a grid of ${grid.size.join(" × ")} voxels`);
    }
    this.grid = grid;
    this.#data = data;
  }

  get data(): T {
    return this.#data;
  }

  /** Other values in the same places. */
  with<U extends Voxels>(data: U): Volume<U> {
    return new Volume(this.grid, data);
  }
}

/**
 * Holds two volumes against each other that are to be combined voxel by voxel. Files of people are turned to one grid
 * before (`oneGrid`); what fails here is a mistake of the program.
 * @throws RangeError
 */
export function requireOneGrid(a: { readonly grid: Grid }, b: { readonly grid: Grid }): void {
  if (isSameGrid(a.grid, b.grid)) return;
  const shown = ({ grid }: { readonly grid: Grid }): string => `${grid.size.join(" × ")} at ${grid.affine.join(" ")}`;
  throw new RangeError(`voxels of two grids cannot be combined: ${shown(a)} and ${shown(b)}`);
}
