export type { ArchiveFile, CaseFiles, SkippedCase } from "./bids.js";
export type { Brain } from "./brain.js";
export { loadArchive, loadCase, openArchive, preparedBytes } from "./cases.js";
export type {
  LoadArchiveOptions,
  LoadedArchive,
  LoadOptions,
  OpenedArchive,
  OpenedCase,
  OpenOptions,
} from "./cases.js";
export type { CheckedCase, LabelCount } from "./check-case.js";
export { checkArchive } from "./check.js";
export type { CheckOptions, CheckReport } from "./check.js";
export type { InputCombination } from "./combinations.js";
export { affineDeterminant, affineSpacing } from "./grid.js";
export type { Affine, Grid, Size3, Spacing } from "./grid.js";
export type { VolumeLimits } from "./limits.js";
export { encodeNifti, readNifti, writeNifti, writeWhole } from "./nifti/index.js";
export type { NiftiContent, NiftiHeader, NiftiImage } from "./nifti/index.js";
export { fromRas, rasGrid, toRas } from "./orientation.js";
export { imageWarnings } from "./plausible.js";
export { prepareImages } from "./prepare.js";
export type { PreparedImages } from "./prepare.js";
export { readScan } from "./read-scan.js";
export type { Scan, ScanFile } from "./read-scan.js";
export { RECIPE_1, RECIPE_2 } from "./recipe.js";
export type { Recipe } from "./recipe.js";
export { renderCheck } from "./render-check.js";
export type { AxisSampling, Sampling } from "./sampling.js";
export type { ReadOptions } from "./volume-reader.js";
export { Volume } from "./volume.js";
