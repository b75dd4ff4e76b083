import { siteError } from "../errors.js";
import type { ArchiveFile, CaseFiles } from "./bids.js";
import {
  DEFAULT_NIFTI_LIMITS,
  readNifti,
  readNiftiHeader,
  type Grid,
  type NiftiImage,
  type NiftiLimits,
} from "./nifti/index.js";
import { requireSameGrid } from "./same-grid.js";

export interface ReadCaseOptions {
  readonly limits?: NiftiLimits;
  readonly signal?: AbortSignal;
}

/** The images of one case as they are in their files; the labels are whole numbers. */
export interface CaseImages {
  readonly images: readonly NiftiImage[];
  readonly labels: NiftiImage;
  readonly mask?: NiftiImage;
}

/**
 * Reads the headers of a case and checks that they describe one grid.
 * @returns that grid
 * @throws FILE_UNREADABLE, CASE_GRID_MISMATCH and the NIFTI_* codes of a header
 */
export async function readCaseGrid(files: CaseFiles, options: ReadCaseOptions): Promise<Grid> {
  const named: { name: string; grid: Grid }[] = [];
  for (const file of [...files.images, files.labels, ...(files.mask === undefined ? [] : [files.mask])]) {
    const header = await readNiftiHeader(file.path, readOptions(file, options));
    named.push({ name: file.name, grid: header.grid });
  }
  requireSameGrid(named);
  const [first] = named;
  if (first === undefined) throw new RangeError("a case has at least one file");
  return first.grid;
}

/**
 * Reads all files of a case.
 * @throws FILE_UNREADABLE, CASE_GRID_MISMATCH, CASE_LABEL_FRACTIONAL and the NIFTI_* codes
 */
export async function readCase(files: CaseFiles, options: ReadCaseOptions): Promise<CaseImages> {
  // Labels first: they are the smallest file and the likeliest to be wrong.
  const stored = await readNifti(files.labels.path, readOptions(files.labels, options));
  const labels = { ...stored, data: wholeLabels(stored.data, files.labels.name) };
  const images: NiftiImage[] = [];
  for (const file of files.images) images.push(await readNifti(file.path, readOptions(file, options)));
  const named = [
    ...images.map((image, i) => ({ name: files.images[i]?.name ?? "", grid: image.grid })),
    { name: files.labels.name, grid: labels.grid },
  ];
  if (files.mask === undefined) {
    requireSameGrid(named);
    return { images, labels };
  }
  const mask = await readNifti(files.mask.path, readOptions(files.mask, options));
  requireSameGrid([...named, { name: files.mask.name, grid: mask.grid }]);
  return { images, labels, mask };
}

/** Values within a thousandth of a whole number are rounding errors of a scale; the others are an error. */
function wholeLabels(data: Float32Array, name: string): Float32Array {
  const out = new Float32Array(data.length);
  let fractional = 0;
  let example = 0;
  data.forEach((value, v) => {
    const whole = Math.round(value);
    if (Math.abs(value - whole) > 1e-3) {
      fractional++;
      example = value;
    }
    // A negative zero would not be found in a label map.
    out[v] = whole + 0;
  });
  if (fractional > 0) {
    const voxels = fractional === 1 ? "1 voxel holds" : `${fractional} voxels hold`;
    const such = fractional === 1 ? "" : "values such as ";
    throw siteError("CASE_LABEL_FRACTIONAL", `in ${name} ${voxels} ${such}${example.toPrecision(4)}`);
  }
  return out;
}

function readOptions(
  file: ArchiveFile,
  { limits = DEFAULT_NIFTI_LIMITS, signal }: ReadCaseOptions,
): { name: string; limits: NiftiLimits; signal?: AbortSignal } {
  return { name: file.name, limits, ...(signal === undefined ? {} : { signal }) };
}
