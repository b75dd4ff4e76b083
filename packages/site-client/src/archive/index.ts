export type { ArchiveFile, CaseFiles, SkippedCase } from "./bids.js";
export { loadArchive, loadCase, openArchive, preparedBytes } from "./cases.js";
export type {
  LoadArchiveOptions,
  LoadedArchive,
  LoadOptions,
  OpenedArchive,
  OpenedCase,
  OpenOptions,
} from "./cases.js";
export { checkArchive } from "./check.js";
export type { CheckedCase, CheckOptions, CheckReport, LabelCount } from "./check.js";
export { renderCheck } from "./render-check.js";
export {
  affineDeterminant,
  affineSpacing,
  encodeNifti,
  readNifti,
  readNiftiHeader,
  writeNifti,
  writeWhole,
} from "./nifti/index.js";
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
export { fromRas, rasGrid, toRas } from "./orientation.js";
export { prepareImages } from "./prepare.js";
export type { PreparedImages } from "./prepare.js";
export { resampleSteps } from "./resample.js";
export type { Spacing } from "./resample.js";
export { requireSameGrid } from "./same-grid.js";
export { imageWarnings } from "./warnings.js";
