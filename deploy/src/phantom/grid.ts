import type { Vec3 } from "./shapes.js";

/** What a head is made of: `L` is a white-matter lesion, `necrosis` and `rim` are a tumour's core. */
export const TISSUES = ["CSF", "GM", "WM", "L", "oedema", "necrosis", "rim"] as const;

export type Tissue = (typeof TISSUES)[number];

/** Voxels per axis (R, A, S) and their edge in mm. */
export interface PhantomGrid {
  readonly size: readonly [number, number, number];
  readonly spacing: number;
}

/** Big enough for every head at 2 mm, small enough to train on in minutes. */
export const DEFAULT_PHANTOM_GRID: PhantomGrid = { size: [64, 76, 60], spacing: 2 };

/** One head as the share of every tissue in every voxel: partial volume as a scanner sees it. */
export interface Head {
  readonly grid: PhantomGrid;
  /** 1 inside the brain, fluid included. */
  readonly mask: Uint8Array;
  /** Per tissue the share of each voxel, 0 to 1; the sum is 1 inside the brain. */
  readonly shares: Shares;
}

/** Per tissue a volume. */
export type Shares = Readonly<Record<Tissue, Float32Array>>;

/** A volume of zeros per tissue. */
export function noShares(voxels: number): Shares {
  const volumes = TISSUES.map((tissue) => [tissue, new Float32Array(voxels)] as const);
  return Object.fromEntries(volumes) as unknown as Shares;
}

/** Position in mm of a voxel's centre, the origin in the middle of the grid. */
export function voxelPosition(grid: PhantomGrid, i: number, j: number, k: number): Vec3 {
  const [x, y, z] = grid.size;
  return [(i - (x - 1) / 2) * grid.spacing, (j - (y - 1) / 2) * grid.spacing, (k - (z - 1) / 2) * grid.spacing];
}

/** Share of a voxel inside a surface at this signed distance in mm. */
export function inside(distance: number, { spacing }: PhantomGrid): number {
  return Math.min(1, Math.max(0, 0.5 + distance / spacing));
}
