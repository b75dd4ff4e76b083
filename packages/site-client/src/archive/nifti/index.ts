export { readNifti } from "./read.js";
export type { NiftiImage } from "./read.js";
export { NIFTI } from "./reader.js";
export { encodeNifti, writeNifti, writeWhole } from "./write.js";
export type { NiftiContent } from "./write.js";
export type { NiftiHeader } from "./types.js";
