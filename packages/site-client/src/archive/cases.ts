import { FedaceError, isFedaceError } from "@fedace/ace-core/foundation";
import { indexLabels, type LabelMap } from "@fedace/ace-core/labels";
import type { TrainingCase } from "@fedace/ace-core/training";
import { siteError } from "../errors.js";
import { listAnatFolders, type ArchiveFile, type CaseFiles, type SkippedCase } from "./bids.js";
import {
  DEFAULT_NIFTI_LIMITS,
  readNifti,
  readNiftiHeader,
  type Grid,
  type NiftiImage,
  type NiftiLimits,
} from "./nifti/index.js";
import { rasGrid } from "./orientation.js";
import { prepareImages, prepareLabels } from "./prepare.js";
import { resampledGrid, type Spacing } from "./resample.js";
import { requireSameGrid } from "./same-grid.js";
import { selectFiles } from "./select.js";

/** A case whose files exist, have readable headers and lie on one grid. */
export interface OpenedCase extends CaseFiles {
  /** Of the images, as in their headers. */
  readonly grid: Grid;
}

export interface OpenedArchive {
  readonly cases: readonly OpenedCase[];
  readonly skipped: readonly SkippedCase[];
}

export interface OpenOptions {
  /** BIDS suffixes of the images, in the order of the network's channels. */
  readonly inputs: readonly string[];
  readonly limits?: NiftiLimits;
  readonly signal?: AbortSignal;
}

export interface LoadOptions {
  /** mm along R, A, S. */
  readonly spacing: Spacing;
  readonly labelMap: LabelMap;
  readonly limits?: NiftiLimits;
  readonly signal?: AbortSignal;
}

export interface LoadArchiveOptions extends OpenOptions, LoadOptions {
  /** Most bytes that the prepared cases may take together; no bound unless given. */
  readonly memory?: number;
  /** Called after each case with how many are done, of how many. */
  readonly onProgress?: (done: number, total: number) => void;
}

export interface LoadedArchive {
  readonly cases: readonly TrainingCase[];
  readonly skipped: readonly SkippedCase[];
}

/**
 * Finds the cases of a BIDS archive and reads their headers. A case that cannot be used is skipped with its reason.
 * @throws ARCHIVE_NOT_FOUND, ARCHIVE_TOO_MANY_ENTRIES, ARCHIVE_NO_CASES
 */
export async function openArchive(dir: string, options: OpenOptions): Promise<OpenedArchive> {
  const cases: OpenedCase[] = [];
  const skipped: SkippedCase[] = [];
  for (const folder of await listAnatFolders(dir, options.signal)) {
    try {
      cases.push(await openCase(selectFiles(folder, options.inputs), options));
    } catch (error) {
      skipped.push(skippedCase(folder, error));
    }
  }
  if (cases.length === 0) throw noCases(dir, skipped);
  return { cases, skipped };
}

async function openCase(files: CaseFiles, options: OpenOptions): Promise<OpenedCase> {
  const all = [...files.images, files.labels, ...(files.mask === undefined ? [] : [files.mask])];
  const grids: { name: string; grid: Grid }[] = [];
  for (const file of all) {
    const header = await readNiftiHeader(file.path, readOptions(file, options));
    grids.push({ name: file.name, grid: header.grid });
  }
  requireSameGrid(grids);
  const [first] = grids;
  if (first === undefined) throw new RangeError("a case has at least one input");
  return { ...files, grid: first.grid };
}

/**
 * Reads one case and prepares it for training: RAS, the plan's spacing, z-scored inside the brain, labels as indices
 * into the label map.
 * @throws the FILE_*, NIFTI_* and CASE_* codes, LABEL_VALUE_UNMAPPED
 */
export async function loadCase(files: CaseFiles, options: LoadOptions): Promise<TrainingCase> {
  const { labelMap, spacing } = options;
  // Labels first: they are the smallest file and the likeliest to be wrong.
  const labels = await readNifti(files.labels.path, readOptions(files.labels, options));
  const values = wholeLabels(labels, files.labels.name);
  const indices = prepareLabels(labelIndices(values, labelMap, files.labels.name), labels.grid, spacing);
  const images: NiftiImage[] = [];
  for (const file of files.images) images.push(await readNifti(file.path, readOptions(file, options)));
  const mask =
    files.mask === undefined ? undefined : await readNifti(files.mask.path, readOptions(files.mask, options));
  requireSameGrid(
    [...images, labels, ...(mask === undefined ? [] : [mask])].map((image, i) => ({
      name: [...files.images, files.labels, files.mask][i]?.name ?? "",
      grid: image.grid,
    })),
  );
  const names = files.images.map((file) => file.name);
  const prepared = prepareImages(images, names, spacing, mask);
  const [width, height, depth] = prepared.grid.size;
  return {
    index: files.number,
    size: [depth, height, width],
    channels: images.length,
    image: prepared.image,
    labels: indices,
  };
}

/**
 * Opens an archive and loads every case, one after the other; cases that fail are skipped with their reasons.
 * @throws ARCHIVE_NOT_FOUND, ARCHIVE_TOO_MANY_ENTRIES, ARCHIVE_NO_CASES, ARCHIVE_MEMORY
 */
export async function loadArchive(dir: string, options: LoadArchiveOptions): Promise<LoadedArchive> {
  const opened = await openArchive(dir, options);
  const { memory, onProgress, signal } = options;
  const bytes = opened.cases.reduce(
    (sum, { grid }) => sum + preparedBytes(grid, options.spacing, options.inputs.length),
    0,
  );
  if (memory !== undefined && bytes > memory) {
    const mib = (count: number): string => `${Math.ceil(count / 2 ** 20)} MiB`;
    throw siteError("ARCHIVE_MEMORY", `${opened.cases.length} cases take ${mib(bytes)}, and there are ${mib(memory)}`);
  }
  const cases: TrainingCase[] = [];
  const skipped = [...opened.skipped];
  for (const [done, files] of opened.cases.entries()) {
    signal?.throwIfAborted();
    try {
      cases.push(await loadCase(files, options));
    } catch (error) {
      skipped.push(skippedCase(files, error));
    }
    onProgress?.(done + 1, opened.cases.length);
  }
  if (cases.length === 0) throw noCases(dir, skipped);
  return { cases, skipped: skipped.sort((a, b) => a.number - b.number) };
}

/** Bytes that a prepared case takes: float32 per channel and one byte of label per voxel. */
export function preparedBytes(grid: Grid, spacing: Spacing, channels: number): number {
  const [x, y, z] = resampledGrid(rasGrid(grid), spacing).size;
  return x * y * z * (4 * channels + 1);
}

/**
 * The label values of an image as whole numbers: those within a thousandth of one are rounding errors of a scale.
 * @throws CASE_LABEL_FRACTIONAL
 */
export function wholeLabels(image: NiftiImage, name: string): Float32Array {
  const out = new Float32Array(image.data.length);
  let fractional = 0;
  let example = 0;
  image.data.forEach((value, v) => {
    const whole = Math.round(value);
    if (Math.abs(value - whole) > 1e-3) {
      fractional++;
      example = value;
    }
    // A negative zero would not be found in a label map.
    out[v] = whole + 0;
  });
  if (fractional > 0) {
    throw siteError("CASE_LABEL_FRACTIONAL", `${name} holds ${fractional} values such as ${example.toPrecision(4)}`);
  }
  return out;
}

/**
 * Looks up all voxels, those that resampling drops included: a value outside the map is an error in any case. The
 * error names the file.
 */
function labelIndices(values: Float32Array, map: LabelMap, name: string): Uint8Array {
  try {
    return indexLabels(values, map);
  } catch (error) {
    if (!isFedaceError(error, "LABEL_VALUE_UNMAPPED")) throw error;
    const { exit, remedy, fields } = error;
    throw new FedaceError(
      error.code,
      `${name}: ${error.message}`,
      { exit, cause: error.message, remedy },
      { fields, cause: error },
    );
  }
}

/** The entry of a case's list of reasons; anything that is not the case's own fault is thrown on. */
export function skippedCase(files: { readonly number: number; readonly name: string }, error: unknown): SkippedCase {
  if (!isFedaceError(error)) throw error;
  const { number, name } = files;
  return { number, name, code: error.code, reason: error.message, remedy: error.remedy };
}

function noCases(dir: string, skipped: readonly SkippedCase[]): Error {
  const [first] = skipped;
  const why =
    first === undefined
      ? `${dir} has no folder named sub-*`
      : `none of ${skipped.length} cases in ${dir} can be used; ${first.name}: ${first.reason} (${first.code})`;
  return siteError("ARCHIVE_NO_CASES", why, { fields: { skipped: skipped.length } });
}

function readOptions(
  file: ArchiveFile,
  { limits = DEFAULT_NIFTI_LIMITS, signal }: { readonly limits?: NiftiLimits; readonly signal?: AbortSignal },
): { name: string; limits: NiftiLimits; signal?: AbortSignal } {
  return { name: file.name, limits, ...(signal === undefined ? {} : { signal }) };
}
