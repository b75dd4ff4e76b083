export { affineSpacing, encodeNifti, readNifti, readNiftiHeader, writeNifti, writeWhole } from "./nifti/index.js";
export type {
  Affine,
  Grid,
  NiftiContent,
  NiftiHeader,
  NiftiImage,
  NiftiLimits,
  Placement,
  ReadOptions,
  Size3,
  Volume,
  VoxelType,
  WritableType,
} from "./nifti/index.js";
