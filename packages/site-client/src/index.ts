export {
  affineSpacing,
  checkArchive,
  loadArchive,
  rasGrid,
  readNifti,
  renderCheck,
  toRas,
  writeNifti,
  writeWhole,
} from "./archive/index.js";
export type {
  CheckOptions,
  CheckReport,
  Grid,
  LoadArchiveOptions,
  LoadedArchive,
  NiftiContent,
  NiftiHeader,
  NiftiImage,
  ReadOptions,
  SkippedCase,
} from "./archive/index.js";
export { SITE_ERRORS } from "./errors.js";
export type { SiteErrorCode } from "./errors.js";
export { main } from "./cli/main.js";
export { bundleModel, predict } from "./predict/index.js";
export type { ClassVolume, ModelInput, Prediction, PredictModel, PredictOptions } from "./predict/index.js";
export { createSite } from "./site.js";
export type { Site, SiteInit, SiteParts } from "./site.js";
