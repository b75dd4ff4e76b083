/** Lengths along the three voxel axes i, j, k; i runs fastest in memory. */
export type Size3 = readonly [number, number, number];

/**
 * Rows of the upper 3 × 4 part of an affine, voxel index (i, j, k, 1) → mm in RAS+ world coordinates: row-major,
 * 12 numbers.
 */
export type Affine = readonly number[];

/** Where voxels lie: the number of them along each axis, and the affine. */
export interface Grid {
  readonly size: Size3;
  readonly affine: Affine;
}

/** A scalar volume in memory; `data[i + size[0] * (j + size[1] * k)]`. */
export interface Volume {
  readonly grid: Grid;
  readonly data: Float32Array;
}

/** Voxel types that are read; those in {@link WritableType} are written, too. */
export type VoxelType =
  "uint8" | "int8" | "int16" | "uint16" | "int32" | "uint32" | "int64" | "uint64" | "float32" | "float64";

export type WritableType = "uint8" | "int16" | "float32";

/** The header's own words on where the voxels lie, kept so that they can be written again unchanged. */
export interface Placement {
  /** pixdim[0] (the sign of the third axis of the quaternion) and the three voxel sizes, in the header's unit. */
  readonly pixdim: readonly [number, number, number, number];
  /** xyzt_units as in the header. */
  readonly units: number;
  readonly qformCode: number;
  /** b, c, d, and the offsets x, y, z. */
  readonly quaternion: readonly [number, number, number, number, number, number];
  readonly sformCode: number;
  /** The 12 numbers of srow_x, srow_y, srow_z. */
  readonly srow: readonly number[];
}

/** A validated NIfTI header. */
export interface NiftiHeader {
  readonly version: 1 | 2;
  readonly littleEndian: boolean;
  readonly grid: Grid;
  readonly placement: Placement;
  /** Which of the header's transforms gave the affine. */
  readonly affineFrom: "sform" | "qform" | "pixdim";
  readonly type: VoxelType;
  /** Byte offset of the first voxel in the uncompressed file. */
  readonly offset: number;
  /** value = slope × stored + intercept. */
  readonly slope: number;
  readonly intercept: number;
}
