import { errorFactory } from "@fedace/ace-core/foundation";
import { CLIENT_ERRORS } from "./client-errors.js";
import { ENGINE_ERRORS } from "./engine-errors.js";

/** Error codes of `@fedace/site-client`. Add a code here with its cause and remedy; ERRORS.md is generated from it. */
export const SITE_ERRORS = {
  ARCHIVE_NOT_FOUND: {
    exit: "input",
    cause: "The archive folder does not exist, is not a folder, or may not be read.",
    remedy: "Give the folder that holds the sub-* folders, and let this account read it.",
  },
  ARCHIVE_TOO_MANY_ENTRIES: {
    exit: "input",
    cause: "A folder of the archive holds more entries than a BIDS archive would.",
    remedy: "Give the folder that holds the sub-* folders, not one above it.",
  },
  ARCHIVE_NO_CASES: {
    exit: "input",
    cause: "The archive has no case that can be used.",
    remedy: "Look at `fedace-site check ARCHIVE`: it gives the reason for every case.",
  },
  ARCHIVE_MEMORY: {
    exit: "resources",
    cause: "The prepared cases of the archive need more memory than there is.",
    remedy: "Use fewer cases, or a coarser spacing in the plan.",
  },
  FILE_UNREADABLE: {
    exit: "input",
    cause: "A file cannot be opened or read.",
    remedy: "See that the file exists and that this account may read it.",
  },
  FILE_POINTER: {
    exit: "input",
    cause: "A file is a pointer of git-annex or git-lfs: the contents it stands for have not been fetched.",
    remedy: "Fetch them with `git annex get` or `git lfs pull`.",
  },
  FILE_UNWRITABLE: {
    exit: "resources",
    cause: "A file cannot be written.",
    remedy: "Choose a folder in which this account may write, or free space on the disk.",
  },
  NIFTI_NOT_NIFTI: {
    exit: "input",
    cause: "The file is not a NIfTI-1 or NIfTI-2 file.",
    remedy: "Convert the image to NIfTI (.nii or .nii.gz).",
  },
  NIFTI_PAIR: {
    exit: "input",
    cause: "The image is one half of a pair of .hdr and .img files.",
    remedy: "Put the other half beside it, or convert the pair to one .nii or .nii.gz file.",
  },
  NIFTI_HEADER: {
    exit: "input",
    cause: "A field of the NIfTI header has a value that cannot be.",
    remedy: "Convert the image again from its source.",
  },
  NIFTI_DATATYPE: {
    exit: "input",
    cause: "The voxels are complex numbers, colours, or of a type that cannot be read.",
    remedy: "Convert the image to an integer or floating-point type of at most 64 bits.",
  },
  NIFTI_DIMENSIONS: {
    exit: "input",
    cause: "The image is not one three-dimensional volume.",
    remedy: "Choose one volume of the series, or convert the image to three dimensions.",
  },
  NIFTI_EMPTY: {
    exit: "input",
    cause: "The image has no voxels.",
    remedy: "Convert the image again from its source.",
  },
  NIFTI_TOO_LARGE: {
    exit: "input",
    cause: "The image has more voxels or bytes than any brain scan needs.",
    remedy: "Crop or downsample the image.",
  },
  NIFTI_TRUNCATED: {
    exit: "input",
    cause: "The file ends before the last voxel.",
    remedy: "Copy the file again from its source: a transfer was cut off.",
  },
  NIFTI_OVERSIZED: {
    exit: "input",
    cause: "The file holds far more bytes than its header describes.",
    remedy: "Convert the image again from its source; be wary of where the file comes from.",
  },
  NIFTI_CORRUPT: {
    exit: "input",
    cause: "The compressed data of the file are damaged.",
    remedy: "Copy the file again from its source.",
  },
  NIFTI_AFFINE: {
    exit: "input",
    cause: "The header's spacing or orientation cannot be those of a head.",
    remedy: "Correct the voxel size and orientation in the header, or convert the image again.",
  },
  NIFTI_NON_FINITE: {
    exit: "input",
    cause: "The image holds voxels that are infinite, or inside the brain ones that are not a number.",
    remedy: "Replace those voxels, for instance by 0, and save the image again.",
  },
  CASE_MODALITY_MISSING: {
    exit: "input",
    cause: "A case lacks one of the images that the plan wants.",
    remedy: "Add the image under the name sub-NAME_SUFFIX.nii.gz, or leave the case out.",
  },
  CASE_LABELS_MISSING: {
    exit: "input",
    cause: "A case has no label image under derivatives/ or beside its images.",
    remedy: "Add derivatives/labels/sub-NAME/anat/sub-NAME_dseg.nii.gz, or leave the case out.",
  },
  CASE_AMBIGUOUS: {
    exit: "input",
    cause: "A case has several files for one image, and nothing says which one is meant.",
    remedy: "Keep one of the files named in the archive and move the others elsewhere.",
  },
  CASE_GRID_MISMATCH: {
    exit: "input",
    cause: "The images and labels of a case lie on different voxel grids.",
    remedy: "Register and resample them to one of the images.",
  },
  CASE_TOO_LARGE: {
    exit: "input",
    cause: "At the plan's spacing the image has more voxels than any brain scan needs.",
    remedy: "Crop the image to the head, or ask the operator for a coarser spacing.",
  },
  CASE_LABEL_FRACTIONAL: {
    exit: "input",
    cause: "A label image holds values that are not whole numbers.",
    remedy: "Resample labels with nearest neighbour, and save them as integers.",
  },
  CASE_BLANK: {
    exit: "input",
    cause: "An image has no brain: all its voxels are equal, or the brain mask is empty.",
    remedy: "Look at the image in a viewer and replace it.",
  },
  OUTPUT_EXISTS: {
    exit: "input",
    cause: "What is there under the name to write to is not what this command writes; it was not touched.",
    remedy: "Choose another name, or give --force to replace what is there.",
  },
  PREDICT_INPUTS: {
    exit: "usage",
    cause: "The inputs given are not those the model was trained on.",
    remedy: "Give one --input SUFFIX=FILE for each input of the model, and no other.",
  },
  PREDICT_OUTPUT_NAME: {
    exit: "usage",
    cause: "The name of the output is not that of a NIfTI file, or is that of an input.",
    remedy: "Choose a new name that ends with .nii or .nii.gz.",
  },
  ...CLIENT_ERRORS,
  ...ENGINE_ERRORS,
} as const;

export type SiteErrorCode = keyof typeof SITE_ERRORS;

/** Makes an error of this package: `throw siteError("ARCHIVE_NO_CASES", "…")`. */
export const siteError = errorFactory(SITE_ERRORS);
