import type { VolumeReader } from "../volume-reader.js";
import { headerVersion } from "./header.js";
import { readNifti, readNiftiHeader } from "./read.js";

/** NIfTI-1 and -2 as one file or as a pair of header and voxels, each compressed or not. */
export const NIFTI: VolumeReader = {
  format: "NIfTI",
  endings: [".nii", ".nii.gz", ".hdr", ".hdr.gz", ".img", ".img.gz"],
  recognises: (beginning) => headerVersion(beginning) !== undefined,
  readHeader: readNiftiHeader,
  readVolume: readNifti,
};
