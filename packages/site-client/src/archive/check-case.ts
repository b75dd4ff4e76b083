import { isFedaceError } from "@fedace/ace-core/foundation";
import type { ImageFigures } from "@fedace/ace-core/protocol";
import type { LabelMap } from "@fedace/ace-core/labels";
import { siteError } from "../errors.js";
import type { AnatFolder, ArchiveFile, CaseFiles, SkippedCase } from "./bids.js";
import { labelIndices, preparedBytes, skippedCase } from "./cases.js";
import { headFigures } from "./figures.js";
import { readVolumeHeader } from "./formats.js";
import { affineDeterminant, affineSpacing, type Grid, type Spacing } from "./grid.js";
import { inputSuffixes } from "./inputs.js";
import { lesionRegions, type RegionPart } from "./label-regions.js";
import { countLabels } from "./label-survey.js";
import { axisCodes, rasGrid } from "./orientation.js";
import { imageWarnings, labelWarnings } from "./plausible.js";
import { prepareImages } from "./prepare.js";
import { readCase, readCaseGrid, readLabels, type CaseScan } from "./read-case.js";
import { readOptions, type ReadCaseOptions } from "./read-scan.js";
import { isLesionMask, selectImage, selectLabels, selectMask } from "./select.js";

/** Voxel sizes that differ by more than this part differ; less is float32. */
const SAME_SIZE = 5e-5;

export interface LabelCount {
  readonly value: number;
  /** From the archive's dseg.tsv, where it has one. */
  readonly name?: string;
  readonly voxels: number;
  readonly millilitres: number;
  /** Where the archive is one of lesions: its connected regions. */
  readonly regions?: readonly RegionPart[];
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
  readonly brain: "mask" | "non-zero" | "border value" | "whole image";
  readonly brainMillilitres: number;
  /** Suffixes of the wanted images that it has. */
  readonly inputs: readonly string[];
  /** Every value but 0. */
  readonly labels: readonly LabelCount[];
  /** Bytes it takes when prepared for training. */
  readonly memory: number;
  /** Nothing that keeps the case from being used, but something to know. */
  readonly warnings: readonly string[];
  /** Its images are unlike those of the other cases; the warnings say how. */
  readonly odd?: true;
}

/** What became of one case. */
export interface CaseVerdict {
  readonly case: CheckedCase | SkippedCase;
  /** Values of its label image, where that can be read. */
  readonly values: readonly number[];
  /** Its labels are a mask of one thing. */
  readonly isMask: boolean;
  /** What its images look like, where it can be used. */
  readonly figures?: ImageFigures;
  /** Suffixes of the images it can be trained on, whatever the archive's inputs are. */
  readonly usable: readonly string[];
}

interface CheckCaseOptions extends ReadCaseOptions {
  readonly inputs: readonly string[];
  /** A case may lack some of the inputs, but not all. */
  readonly mayLack?: boolean;
  readonly spacing: Spacing;
  readonly map: LabelMap | undefined;
  readonly names: ReadonlyMap<number, string>;
  /** Of a prepared case. */
  readonly channels: number;
}

/** Reads every file of a case and gives its verdict; what is the case's own fault is no error. */
export async function checkCase(folder: AnatFolder, options: CheckCaseOptions): Promise<CaseVerdict> {
  const images = await openImages(folder, options);
  try {
    // Before the labels: of an image that is not there, whoever reads the report wants to know first.
    const inputs = wanted(images, options);
    requireImages(folder, images, inputs);
    const labels = selectLabels(folder);
    const { figures, ...checked } = await checkFiles(folder, images, labels, { ...options, inputs });
    const others = [...images.files].filter(([suffix]) => !inputs.includes(suffix));
    const usable = [...inputs];
    for (const [suffix, file] of others) {
      if (await succeeds(() => readCaseGrid(caseFiles(folder, [file], labels), options))) usable.push(suffix);
    }
    const values = checked.labels.map(({ value }) => value);
    return { case: checked, figures, values, isMask: isLesionMask(labels), usable };
  } catch (error) {
    const skipped = skippedCase(folder, error);
    return {
      case: skipped,
      ...(await labelsAlone(folder, options)),
      usable: await usableAlone(folder, images, options),
    };
  }
}

interface Images {
  readonly files: ReadonlyMap<string, ArchiveFile>;
  readonly problems: ReadonlyMap<string, unknown>;
}

/** The images of a folder whose headers can be read, and what is wrong with the others. */
async function openImages(folder: AnatFolder, options: ReadCaseOptions): Promise<Images> {
  const files = new Map<string, ArchiveFile>();
  const problems = new Map<string, unknown>();
  for (const suffix of inputSuffixes(folder)) {
    try {
      const file = selectImage(folder, suffix);
      await readVolumeHeader(file.path, readOptions(file, options));
      files.set(suffix, file);
    } catch (error) {
      if (!isFedaceError(error)) throw error;
      problems.set(suffix, error);
    }
  }
  return { files, problems };
}

/** The images that the case needs: where it may lack some, those that it has. */
function wanted({ files, problems }: Images, { inputs, mayLack = false }: CheckCaseOptions): readonly string[] {
  const there = inputs.filter((suffix) => files.has(suffix) || problems.has(suffix));
  return mayLack && there.length > 0 ? there : inputs;
}

/** @throws what is wrong with an image that is there, before CASE_MODALITY_MISSING for one that is not */
function requireImages(folder: AnatFolder, { files, problems }: Images, inputs: readonly string[]): void {
  for (const suffix of inputs) if (problems.has(suffix)) throw problems.get(suffix);
  for (const suffix of inputs) if (!files.has(suffix)) selectImage(folder, suffix);
  if (inputs.length > 0) return;
  const strays = folder.strays.map(({ name, why }) => `; ${name} ${why}`).join("");
  throw siteError("CASE_MODALITY_MISSING", `${folder.name} has no image under anat/${strays}`);
}

async function checkFiles(
  folder: AnatFolder,
  { files }: Images,
  labels: ArchiveFile,
  options: CheckCaseOptions,
): Promise<CheckedCase & { readonly figures: ImageFigures }> {
  const { spacing, names, inputs } = options;
  const scan = await readCase(
    caseFiles(
      folder,
      inputs.flatMap((suffix) => files.get(suffix) ?? []),
      labels,
    ),
    options,
  );
  if (options.map !== undefined) labelIndices(scan.labels, options.map, labels.name);
  const prepared = prepareImages(scan.images, { spacing, mask: scan.mask });
  const { grid } = scan;
  const counts = labelCounts(scan, names, options.map);
  return {
    number: folder.number,
    name: folder.name,
    size: grid.size,
    spacing: affineSpacing(grid.affine),
    orientation: axisCodes(grid.affine),
    brain: prepared.brain.from,
    brainMillilitres: brainMl(prepared.brain.mask.data, grid),
    inputs,
    labels: counts,
    memory: preparedBytes(grid, spacing, options.channels),
    figures: headFigures(scan.images, prepared, inputs),
    warnings: [
      ...new Set([
        ...scan.notes,
        ...prepared.notes,
        ...imageWarnings(scan.images),
        ...labelWarnings(scan.labels, prepared.brain.mask),
        ...sizeWarnings(scan, counts),
      ]),
    ],
  };
}

function caseFiles(folder: AnatFolder, images: readonly ArchiveFile[], labels: ArchiveFile): CaseFiles {
  const mask = selectMask(folder);
  const { number, name } = folder;
  return { number, name, images, labels, ...(mask === undefined ? {} : { mask }) };
}

function brainMl(mask: Uint8Array, grid: Grid): number {
  return (mask.reduce((sum, inside) => sum + inside, 0) * Math.abs(affineDeterminant(grid.affine))) / 1000;
}

function labelCounts(
  { labels, grid }: CaseScan,
  names: ReadonlyMap<number, string>,
  map: LabelMap | undefined,
): readonly LabelCount[] {
  const lesions = lesionRegions(labels, map);
  const voxel = Math.abs(affineDeterminant(grid.affine)) / 1000;
  const foreground = [...countLabels(labels.data)].filter(([value]) => value !== 0);
  return foreground.map(([value, voxels]) => {
    const name = names.get(value);
    const regions = lesions.get(value);
    return {
      value,
      ...(name === undefined ? {} : { name }),
      voxels,
      millilitres: voxels * voxel,
      ...(regions === undefined ? {} : { regions }),
    };
  });
}

/** A label image whose header gives other voxel sizes than the images' counts by theirs. */
function sizeWarnings({ grid, labelSpacing }: CaseScan, counts: readonly LabelCount[]): readonly string[] {
  const spacing = affineSpacing(rasGrid(grid).affine);
  if (spacing.every((mm, axis) => Math.abs((labelSpacing[axis] ?? mm) / mm - 1) <= SAME_SIZE)) return [];
  const shown = (sizes: Spacing): string => sizes.map((mm) => Number(mm.toFixed(5))).join(" × ");
  const product = (sizes: Spacing): number => sizes[0] * sizes[1] * sizes[2];
  const total = counts.reduce((sum, { millilitres }) => sum + millilitres, 0);
  const own = (total * product(labelSpacing)) / product(spacing);
  return [
    `the label image has voxels of ${shown(labelSpacing)} mm, the images of ${shown(spacing)} mm; the images' count (labels of ${total.toFixed(2)} mL in place of ${own.toFixed(2)} mL)`,
  ];
}

/** What can be said of the labels of a case that cannot be used. */
async function labelsAlone(
  folder: AnatFolder,
  options: ReadCaseOptions,
): Promise<Pick<CaseVerdict, "values" | "isMask">> {
  let found: Pick<CaseVerdict, "values" | "isMask"> = { values: [], isMask: false };
  await succeeds(async () => {
    const labels = selectLabels(folder);
    const { volume } = await readLabels(labels, options);
    found = { values: [...countLabels(volume.data).keys()], isMask: isLesionMask(labels) };
  });
  return found;
}

/** Of a case that cannot be used with all inputs: the images with which, one by one, it could be. */
async function usableAlone(folder: AnatFolder, images: Images, options: CheckCaseOptions): Promise<readonly string[]> {
  const usable: string[] = [];
  for (const [suffix, file] of images.files) {
    const works = await succeeds(async () => {
      const scan = await readCase(caseFiles(folder, [file], selectLabels(folder)), options);
      if (options.map !== undefined) labelIndices(scan.labels, options.map, file.name);
      prepareImages(scan.images, { spacing: options.spacing, mask: scan.mask });
    });
    if (works) usable.push(suffix);
  }
  return usable;
}

/** Whether something can be done with the files of a case; what is not the case's own fault is thrown on. */
async function succeeds(attempt: () => Promise<unknown>): Promise<boolean> {
  try {
    await attempt();
    return true;
  } catch (error) {
    if (!isFedaceError(error)) throw error;
    return false;
  }
}
