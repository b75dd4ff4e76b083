export { readNifti, writeNifti } from "./archive/index.js";
export type { Grid, NiftiContent, NiftiImage } from "./archive/index.js";
export { SITE_ERRORS } from "./errors.js";
export type { SiteErrorCode } from "./errors.js";
