import { siteError } from "../errors.js";
import { suffixOf, type ArchiveFile, type CaseFiles } from "./bids.js";
import { readVolume, readVolumeHeader } from "./formats.js";
import { affineSpacing, type Grid, type Spacing } from "./grid.js";
import { withoutNaN } from "./nan.js";
import { onto, requireOneHead } from "./one-grid.js";
import { rasGrid } from "./orientation.js";
import { readOptions, readScan, type ReadCaseOptions, type Scan, type ScanFile } from "./read-scan.js";
import type { Volume } from "./volume.js";

/** One case: its images, and its labels on their grid. */
export interface CaseScan extends Scan {
  /** Whole numbers. */
  readonly labels: Volume;
  /** mm along R, A, S as the label image's own header has them. */
  readonly labelSpacing: Spacing;
}

/** A label image as it is in its file. */
interface StoredLabels {
  readonly volume: Volume;
  readonly notes: readonly string[];
}

/**
 * Reads the headers of a case and checks that they describe one grid.
 * @returns that of the first image
 * @throws FILE_UNREADABLE, FILE_POINTER, CASE_GRID_MISMATCH and the NIFTI_* codes of a header
 */
export async function readCaseGrid(files: CaseFiles, options: ReadCaseOptions): Promise<Grid> {
  const named: { name: string; grid: Grid }[] = [];
  for (const file of [...files.images, files.labels, ...(files.mask === undefined ? [] : [files.mask])]) {
    const header = await readVolumeHeader(file.path, readOptions(file, options));
    named.push({ name: file.name, grid: header.grid });
  }
  requireOneHead(named);
  const [first] = named;
  if (first === undefined) throw new RangeError("a case has at least one file");
  return first.grid;
}

/**
 * Reads all files of a case.
 * @throws FILE_UNREADABLE, FILE_POINTER, CASE_GRID_MISMATCH, CASE_LABEL_FRACTIONAL and the NIFTI_* codes
 */
export async function readCase(files: CaseFiles, options: ReadCaseOptions): Promise<CaseScan> {
  // Labels first: they are the smallest file and the likeliest to be wrong.
  const stored = await readLabels(files.labels, options);
  const scan = await readScan(
    files.images.map(scanFile),
    files.mask === undefined ? undefined : scanFile(files.mask),
    options,
  );
  const labels = onto(stored.volume, files.labels.name, { name: files.images[0]?.name ?? "", grid: scan.grid });
  return {
    ...scan,
    labels,
    labelSpacing: affineSpacing(rasGrid(stored.volume.grid).affine),
    notes: [...scan.notes, ...stored.notes],
  };
}

/**
 * Reads a label image: whole numbers, 0 where it has no value outside the head.
 * @throws FILE_UNREADABLE, FILE_POINTER, CASE_LABEL_FRACTIONAL and the NIFTI_* codes
 */
export async function readLabels(file: ArchiveFile, options: ReadCaseOptions): Promise<StoredLabels> {
  const stored = await readVolume(file.path, readOptions(file, options));
  const { volume, holes } = withoutNaN(stored, file.name);
  const notes = stored.header.notes.map((note) => `labels: ${note}`);
  if (holes !== undefined) notes.push("labels: voxels at the border that are not a number count as 0");
  return { volume: volume.with(wholeLabels(volume.data, file.name)), notes };
}

function scanFile(file: ArchiveFile): ScanFile {
  return { ...file, label: suffixOf(file) ?? file.name };
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
