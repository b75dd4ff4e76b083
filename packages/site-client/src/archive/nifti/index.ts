export { affineDeterminant, affineSpacing } from "./affine.js";
export { DEFAULT_NIFTI_LIMITS, SPACING_RANGE_MM } from "./limits.js";
export type { NiftiLimits } from "./limits.js";
export { readNifti, readNiftiHeader } from "./read.js";
export type { NiftiImage, ReadOptions } from "./read.js";
export { encodeNifti, writeNifti, writeWhole } from "./write.js";
export type { NiftiContent } from "./write.js";
export type { Affine, Grid, NiftiHeader, Placement, Size3, Volume, VoxelType, WritableType } from "./types.js";
