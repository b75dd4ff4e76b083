import { FedaceError, isFedaceError } from "@fedace/ace-core/foundation";
import { mebibytes } from "@fedace/ace-core/host";
import { indexLabels, type LabelMap } from "@fedace/ace-core/labels";
import type { TrainingCase } from "@fedace/ace-core/training";
import { siteError } from "../errors.js";
import { listAnatFolders, suffixOf, type CaseFiles, type SkippedCase } from "./bids.js";
import { headFigures } from "./figures.js";
import { voxelCount, type Grid, type Spacing } from "./grid.js";
import { prepareImages, prepareLabels } from "./prepare.js";
import { withPresence } from "./presence.js";
import { readCase, readCaseGrid } from "./read-case.js";
import type { ReadCaseOptions } from "./read-scan.js";
import { RECIPE_2 } from "./recipe.js";
import { sampling } from "./sampling.js";
import { selectFiles } from "./select.js";
import type { Volume } from "./volume.js";

/** A case whose files exist, have readable headers and lie on one grid. */
interface OpenedCase extends CaseFiles {
  /** Of the images, as in their headers. */
  readonly grid: Grid;
}

interface OpenedArchive {
  readonly cases: readonly OpenedCase[];
  readonly skipped: readonly SkippedCase[];
}

interface OpenOptions extends ReadCaseOptions {
  /** BIDS suffixes of the images, in the order of the network's channels. */
  readonly inputs: readonly string[];
  /** A case may lack some of them; it then has a channel more for each that says whether it is there. Default: no */
  readonly mayLack?: boolean;
}

export interface LoadOptions extends OpenOptions {
  /** mm along R, A, S. */
  readonly spacing: Spacing;
  readonly labelMap: LabelMap;
}

export interface LoadArchiveOptions extends LoadOptions {
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
      const files = selectFiles(folder, options.inputs, options.mayLack);
      cases.push({ ...files, grid: await readCaseGrid(files, options) });
    } catch (error) {
      skipped.push(skippedCase(folder, error));
    }
  }
  if (cases.length === 0) throw noCases(dir, skipped);
  return { cases, skipped };
}

/**
 * Reads one case and prepares it for training: RAS, the plan's spacing, z-scored inside the brain, labels as indices
 * into the label map.
 * @throws the FILE_*, NIFTI_* and CASE_* codes, LABEL_VALUE_UNMAPPED
 */
async function loadCase(files: CaseFiles, options: LoadOptions): Promise<TrainingCase> {
  const { images, labels, mask } = await readCase(files, options);
  const indices = labelIndices(labels, options.labelMap, files.labels.name);
  const prepared = prepareImages(images, { spacing: options.spacing, mask });
  const [width, height, depth] = prepared.grid.size;
  const there = options.inputs.map((input) => files.images.some((file) => suffixOf(file) === input));
  return {
    index: files.number,
    size: [depth, height, width],
    channels: channelCount(options),
    image: options.mayLack === true ? withPresence(prepared.image, prepared.inside, there) : prepared.image,
    labels: prepareLabels(indices, prepared.sampling).data,
    figures: headFigures(
      images,
      prepared,
      options.inputs.filter((_, input) => there[input] === true),
    ),
  };
}

/**
 * Opens an archive and loads every case, one after the other; cases that fail are skipped with their reasons.
 * @throws ARCHIVE_NOT_FOUND, ARCHIVE_TOO_MANY_ENTRIES, ARCHIVE_NO_CASES, ARCHIVE_MEMORY
 */
export async function loadArchive(dir: string, options: LoadArchiveOptions): Promise<LoadedArchive> {
  const opened = await openArchive(dir, options);
  checkMemory(opened.cases, options);
  const cases: TrainingCase[] = [];
  const skipped = [...opened.skipped];
  for (const [done, files] of opened.cases.entries()) {
    options.signal?.throwIfAborted();
    try {
      cases.push(await loadCase(files, options));
    } catch (error) {
      skipped.push(skippedCase(files, error));
    }
    options.onProgress?.(done + 1, opened.cases.length);
  }
  if (cases.length === 0) throw noCases(dir, skipped);
  return { cases, skipped: skipped.sort((a, b) => a.number - b.number) };
}

/** Bytes that a prepared case takes: float32 per channel and one byte of label per voxel. */
export function preparedBytes(grid: Grid, spacing: Spacing, channels: number): number {
  return voxelCount(sampling(grid, spacing, RECIPE_2).target) * (4 * channels + 1);
}

/** Of a prepared case: of a network that takes cases without some of its images, a plane for each says whether it is there. */
export const channelCount = ({ inputs, mayLack = false }: Pick<OpenOptions, "inputs" | "mayLack">): number =>
  inputs.length * (mayLack ? 2 : 1);

function checkMemory(cases: readonly OpenedCase[], options: LoadArchiveOptions): void {
  const { memory, spacing } = options;
  const bytes = cases.reduce((sum, { grid }) => sum + preparedBytes(grid, spacing, channelCount(options)), 0);
  if (memory === undefined || bytes <= memory) return;
  throw siteError(
    "ARCHIVE_MEMORY",
    `${cases.length} cases take ${mebibytes(bytes)}, and there are ${mebibytes(memory)}`,
  );
}

/**
 * Looks up all voxels, those that resampling drops included: a value outside the map is an error in any case. The
 * error names the file.
 */
export function labelIndices(labels: Volume, map: LabelMap, name: string): Volume<Uint8Array> {
  try {
    return labels.with(indexLabels(labels.data, map));
  } catch (error) {
    if (!isFedaceError(error, "LABEL_VALUE_UNMAPPED")) throw error;
    const { exit, remedy, fields } = error;
    const entry = { exit, cause: error.message, remedy };
    throw new FedaceError(error.code, `${name}: ${error.message}`, entry, { fields, cause: error });
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
