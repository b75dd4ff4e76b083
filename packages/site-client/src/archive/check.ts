import type { LabelMap, LabelMapConfig } from "@fedace/ace-core/labels";
import { listAnatFolders, suffixOf, type AnatFolder, type SkippedCase } from "./bids.js";
import { imageWarnings } from "./warnings.js";
import { labelIndices, preparedBytes, skippedCase } from "./cases.js";
import { countLabels, fittingPreset, labelNames, mapDoubts, mapWithoutPlan, suggestedMap } from "./label-survey.js";
import { affineDeterminant, affineSpacing, type NiftiImage } from "./nifti/index.js";
import { axisCodes } from "./orientation.js";
import { prepareImages } from "./prepare.js";
import { readCase, type ReadCaseOptions } from "./read-case.js";
import type { Spacing } from "./resample.js";
import { selectFiles } from "./select.js";

/** The spacing of the default plan. */
const DEFAULT_SPACING: Spacing = [2, 2, 2];
/** Suffixes in `anat` that are not images to learn from. */
const NOT_AN_INPUT = new Set(["dseg", "mask", "defacemask", "probseg"]);

export interface CheckOptions extends ReadCaseOptions {
  /** What the archive's label values mean; without it, the report says which preset fits. */
  readonly labels?: LabelMapConfig;
  /** BIDS suffixes wanted. Default: those that more than half of the cases have. */
  readonly inputs?: readonly string[];
  /** mm along R, A, S that the memory is estimated for. Default: 2, 2, 2. */
  readonly spacing?: Spacing;
  readonly onProgress?: (done: number, total: number) => void;
}

export interface LabelCount {
  readonly value: number;
  /** From the archive's dseg.tsv, where it has one. */
  readonly name?: string;
  readonly voxels: number;
  readonly millilitres: number;
}

/** A case that can be used. */
export interface CheckedCase {
  readonly number: number;
  readonly name: string;
  readonly size: readonly [number, number, number];
  /** Voxel edges in mm, in the file's order of axes. */
  readonly spacing: readonly [number, number, number];
  /** Where the file's axes run to, as in "LAS". */
  readonly orientation: string;
  readonly brain: "mask" | "non-zero" | "whole image";
  /** Every value but 0. */
  readonly labels: readonly LabelCount[];
  /** Bytes it takes when prepared for training. */
  readonly memory: number;
  /** Nothing that keeps the case from being used, but something to know. */
  readonly warnings: readonly string[];
}

export interface CheckReport {
  readonly archive: string;
  readonly inputs: readonly string[];
  readonly usable: readonly CheckedCase[];
  readonly skipped: readonly SkippedCase[];
  /** All values in the usable cases, with the number of cases that have them. */
  readonly labels: readonly (LabelCount & { readonly cases: number })[];
  readonly labelMap: {
    /** The map given, if one was. */
    readonly given?: "tissue" | "lesion" | "values";
    /** The preset whose values are those found in all readable label images. */
    readonly fits?: "tissue" | "lesion";
    /** Why the map given may be the wrong one although it knows every value. */
    readonly doubts?: readonly string[];
    /** A map to begin with, as YAML, where neither is there. */
    readonly suggestion?: string;
  };
  readonly spacing: Spacing;
  /** Bytes that all usable cases take when prepared at `spacing`. */
  readonly memory: number;
}

/**
 * Looks through an archive as a site would before training, with no coordinator and no plan: every file is read, and
 * every case gets a verdict. An archive without a usable case is a report, too.
 * @throws ARCHIVE_NOT_FOUND, ARCHIVE_TOO_MANY_ENTRIES, and LABEL_MAP_CONTRADICTION for a label map that is none
 */
export async function checkArchive(dir: string, options: CheckOptions = {}): Promise<CheckReport> {
  const { labels, spacing = DEFAULT_SPACING, signal, onProgress } = options;
  const map = labels === undefined ? undefined : mapWithoutPlan(labels);
  const folders = await listAnatFolders(dir, signal);
  const inputs = options.inputs ?? commonSuffixes(folders);
  const names = await labelNames(dir);
  const usable: CheckedCase[] = [];
  const skipped: SkippedCase[] = [];
  for (const [done, folder] of folders.entries()) {
    signal?.throwIfAborted();
    try {
      usable.push(await checkCase(folder, inputs, spacing, map, names, options));
    } catch (error) {
      skipped.push(skippedCase(folder, error));
    }
    onProgress?.(done + 1, folders.length);
  }
  return {
    archive: dir,
    inputs,
    usable,
    skipped,
    labels: totals(usable, names),
    labelMap: mapVerdict(usable, labels, names),
    spacing,
    memory: usable.reduce((sum, { memory }) => sum + memory, 0),
  };
}

/** Suffixes that more than half of the cases have, the commonest first; of equals, T1w and T2w before FLAIR. */
function commonSuffixes(folders: readonly AnatFolder[]): readonly string[] {
  const counts = new Map<string, number>();
  for (const folder of folders) {
    for (const suffix of new Set(folder.files.map(suffixOf))) {
      if (suffix !== undefined && !NOT_AN_INPUT.has(suffix)) counts.set(suffix, (counts.get(suffix) ?? 0) + 1);
    }
  }
  return [...counts]
    .filter(([, count]) => 2 * count > folders.length)
    .sort(([a, m], [b, n]) => n - m || (a > b ? -1 : 1))
    .map(([suffix]) => suffix);
}

async function checkCase(
  folder: AnatFolder,
  inputs: readonly string[],
  spacing: Spacing,
  map: LabelMap | undefined,
  names: ReadonlyMap<number, string>,
  options: ReadCaseOptions,
): Promise<CheckedCase> {
  const files = selectFiles(folder, inputs);
  const { images, labels, mask } = await readCase(files, options);
  if (map !== undefined) labelIndices(labels.data, map, files.labels.name);
  const imageNames = files.images.map((file) => file.name);
  const { brain } = prepareImages(images, imageNames, spacing, mask);
  const counts = labelCounts(labels, names);
  const { grid } = labels;
  const edges = affineSpacing(grid.affine);
  return {
    number: folder.number,
    name: folder.name,
    size: grid.size,
    spacing: edges,
    orientation: axisCodes(grid.affine),
    brain: brain.from,
    labels: counts.filter(({ value }) => value !== 0),
    memory: preparedBytes(grid, spacing, inputs.length),
    warnings: [
      ...imageWarnings(images, brain.from),
      ...(counts.every(({ value }) => value === 0) ? ["its label image is 0 everywhere"] : []),
    ],
  };
}

function labelCounts(labels: NiftiImage, names: ReadonlyMap<number, string>): readonly LabelCount[] {
  const voxel = Math.abs(affineDeterminant(labels.grid.affine)) / 1000;
  return [...countLabels(labels.data)].map(([value, voxels]) => {
    const name = names.get(value);
    return { value, ...(name === undefined ? {} : { name }), voxels, millilitres: voxels * voxel };
  });
}

function totals(cases: readonly CheckedCase[], names: ReadonlyMap<number, string>): CheckReport["labels"] {
  const values = [...new Set(cases.flatMap(({ labels }) => labels.map(({ value }) => value)))].sort((a, b) => a - b);
  return values.map((value) => {
    const found = cases.flatMap(({ labels }) => labels.filter((label) => label.value === value));
    const name = names.get(value);
    return {
      value,
      ...(name === undefined ? {} : { name }),
      cases: found.length,
      voxels: found.reduce((sum, { voxels }) => sum + voxels, 0),
      millilitres: found.reduce((sum, { millilitres }) => sum + millilitres, 0),
    };
  });
}

function mapVerdict(
  cases: readonly CheckedCase[],
  given: LabelMapConfig | undefined,
  names: ReadonlyMap<number, string>,
): CheckReport["labelMap"] {
  const values = [0, ...totals(cases, names).map(({ value }) => value)];
  const fits = fittingPreset(values);
  const doubts = given === undefined || cases.length === 0 ? [] : mapDoubts(mapWithoutPlan(given), values, names);
  return {
    ...(given === undefined ? {} : { given: "kind" in given ? given.kind : ("values" as const) }),
    ...(doubts.length === 0 ? {} : { doubts }),
    ...(fits === undefined ? {} : { fits }),
    ...(given === undefined && fits === undefined && values.length > 1
      ? {
          suggestion: suggestedMap(
            values.sort((a, b) => a - b),
            names,
          ),
        }
      : {}),
  };
}
