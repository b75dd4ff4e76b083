import type { VolumeHeader } from "../volume-reader.js";

/** Voxel types that are read; those in {@link WritableType} are written, too. */
export type VoxelType =
  "uint8" | "int8" | "int16" | "uint16" | "int32" | "uint32" | "int64" | "uint64" | "float32" | "float64";

export type WritableType = "uint8" | "int16" | "float32";

/** A validated NIfTI header. */
export interface NiftiHeader extends VolumeHeader {
  readonly version: 1 | 2;
  readonly littleEndian: boolean;
  /** Which of the header's transforms gave the affine. */
  readonly affineFrom: "sform" | "qform" | "pixdim";
  readonly type: VoxelType;
  /** Byte offset of the first voxel in the uncompressed file that holds the voxels. */
  readonly offset: number;
  /** value = slope × stored + intercept. */
  readonly slope: number;
  readonly intercept: number;
}
