import { access, constants, realpath } from "node:fs/promises";
import { dirname, resolve } from "node:path";
import { systemClock, type Clock } from "@fedace/ace-core/foundation";
import { imageDoubts } from "@fedace/ace-core/likeness";
import { checkOutput, looksLikeNifti, makeFolder, OutputRefused } from "@fedace/ace-core/host";
import {
  headFigures,
  imageWarnings,
  nativeLabels,
  prepareImages,
  readScan,
  withPresence,
  writeNifti,
  writeWhole,
  type Brain,
  type Grid,
  type ScanFile,
  type VolumeLimits,
} from "../archive/index.js";
import { siteError } from "../errors.js";
import type { PredictModel } from "./model.js";
import { classVolumes, labelTable, looksLikeTable, type ClassVolume } from "./volumes.js";

/** A folder of results is for whoever the account's umask lets in. */
const PUBLIC_FOLDER = 0o777;

export interface PredictOptions {
  readonly model: PredictModel;
  /** The image file of each input. */
  readonly inputs: ReadonlyMap<string, string>;
  /** A brain mask on the images' grid; without it the brain is where the first input is not 0. */
  readonly mask?: string;
  /** The .nii or .nii.gz file to write; the label table goes beside it with the ending .tsv. */
  readonly out: string;
  /** Replace what is there under these names, whatever it is. Default: a label image and its table only. */
  readonly force?: boolean;
  readonly limits?: VolumeLimits;
  readonly signal?: AbortSignal;
  readonly clock?: Clock;
  /** Called before the network runs, with what may make the result worse than it looks. */
  readonly onWarnings?: (warnings: readonly string[]) => void;
  /** Called after each pass of the network, with windows done and windows in all. */
  readonly onProgress?: (done: number, total: number) => void;
}

export interface Prediction {
  /** The label image, whose voxels hold the index of a class. */
  readonly out: string;
  readonly table: string;
  /** Of the inputs, and of the label image. */
  readonly grid: Grid;
  /** Per class but the background. */
  readonly volumes: readonly ClassVolume[];
  /** How the brain was found. */
  readonly brain: Brain["from"];
  /** What may make the result worse than it looks, for people. */
  readonly warnings: readonly string[];
  readonly seconds: number;
}

/**
 * Segments one scan: reads its images, prepares them exactly as in training, runs the network over overlapping
 * windows, and writes integer labels on the images' own grid, with the volume of every class beside them. Files
 * appear only when they are complete.
 * @throws PREDICT_INPUTS, PREDICT_OUTPUT_NAME, OUTPUT_EXISTS, CASE_GRID_MISMATCH, CASE_BLANK, FILE_UNREADABLE, FILE_UNWRITABLE and
 * the NIFTI_* codes
 */
export async function predict(options: PredictOptions): Promise<Prediction> {
  const { model, out, signal, clock = systemClock } = options;
  const start = clock.now();
  const files = inputFiles(model, options.inputs);
  await requireOutput(options, [
    ...files.map((file) => file.path),
    ...(options.mask === undefined ? [] : [options.mask]),
  ]);
  const mask = options.mask === undefined ? undefined : { path: options.mask, name: options.mask, label: "mask" };
  const scan = await readScan(files, mask, options);
  const { spacing, recipe, classes } = model;
  const prepared = prepareImages(scan.images, {
    spacing,
    ...(recipe === undefined ? {} : { recipe }),
    mask: scan.mask,
  });
  const there = model.inputs.map((input) => options.inputs.has(input));
  const figures = headFigures(
    scan.images,
    prepared,
    model.inputs.filter((_, input) => there[input] === true),
  );
  const warnings = [
    ...new Set([
      ...imageDoubts(figures, model.images, "the model's training cases"),
      ...lacking(model, there),
      ...droppedRegions(model),
      ...scan.notes,
      ...prepared.notes,
      ...imageWarnings(scan.images),
    ]),
  ];
  options.onWarnings?.(warnings);
  const [width, height, depth] = prepared.grid.size;
  const data = await model.probabilities({
    image: model.mayLack === true ? withPresence(prepared.image, prepared.inside, there) : prepared.image,
    size: [depth, height, width],
    ...(signal === undefined ? {} : { signal }),
    ...(options.onProgress === undefined ? {} : { onProgress: options.onProgress }),
  });
  const { brain, sampling } = prepared;
  const labels = nativeLabels({ data, sampling, classes: classes.length }, brain.mask);
  const volumes = classVolumes(labels, classes);
  const table = tableOf(out);
  const { grid, placement } = scan;
  const place = placement === undefined ? {} : { placement };
  await writeNifti(out, { grid, data: labels.data, type: "uint8", ...place, labels: true }, signal);
  await writeWhole(table, labelTable(volumes));
  return {
    out,
    table,
    grid,
    volumes,
    brain: brain.from,
    warnings,
    seconds: (clock.now() - start) / 1000,
  };
}

/** The files in the order of the network's channels. */
function inputFiles(model: PredictModel, given: ReadonlyMap<string, string>): readonly ScanFile[] {
  const wanted = model.inputs.join(", ");
  const unknown = [...given.keys()].filter((suffix) => !model.inputs.includes(suffix));
  if (unknown.length > 0) {
    throw siteError("PREDICT_INPUTS", `the model has no input ${unknown.join(", ")}; its inputs are ${wanted}`);
  }
  const missing = model.inputs.filter((suffix) => !given.has(suffix));
  const enough = model.mayLack === true && missing.length < model.inputs.length;
  if (missing.length > 0 && !enough) {
    throw siteError("PREDICT_INPUTS", `the model needs ${wanted}; ${missing.join(", ")} is missing`);
  }
  return model.inputs.flatMap((label) => {
    const path = given.get(label);
    return path === undefined ? [] : [{ path, name: path, label }];
  });
}

/** What a missing image means for the result. */
function lacking({ inputs }: PredictModel, there: readonly boolean[]): string[] {
  const missing = inputs.filter((_, input) => there[input] !== true);
  if (missing.length === 0) return [];
  return [
    `without ${missing.join(", ")}: the model was trained for that, but finds what ${missing.join(" and ")} shows best less surely`,
  ];
}

/** What the model's plan does not keep. */
function droppedRegions({ smallest = {} }: PredictModel): string[] {
  const sizes = Object.entries(smallest).map(([name, millilitres]) => `${name} below ${millilitres} mL`);
  return sizes.length === 0 ? [] : [`regions of ${sizes.join(", of ")} are left out, as the model's plan says`];
}

/** Where the label table goes. */
const tableOf = (out: string): string => out.replace(/\.nii(\.gz)?$/, ".tsv");

/**
 * Looks before the work is done whether its result can be written, that it overwrites no input, and nothing that is no
 * earlier result unless asked to; makes its folder.
 */
async function requireOutput({ out, force = false }: PredictOptions, sources: readonly string[]): Promise<void> {
  if (!/[^/\\]\.nii(\.gz)?$/.test(out)) {
    throw siteError("PREDICT_OUTPUT_NAME", `${out} does not end with .nii or .nii.gz`);
  }
  const real = async (path: string): Promise<string> => realpath(path).catch(() => resolve(path));
  const target = await real(out);
  for (const source of sources) {
    if ((await real(source)) === target) throw siteError("PREDICT_OUTPUT_NAME", `${out} is one of the inputs`);
  }
  const folder = dirname(resolve(out));
  try {
    await checkOutput(out, { replaces: looksLikeNifti, force });
    await checkOutput(tableOf(out), { replaces: looksLikeTable, force });
    await makeFolder(folder, PUBLIC_FOLDER);
    await access(folder, constants.W_OK);
  } catch (cause) {
    if (cause instanceof OutputRefused)
      throw siteError(cause.forceable ? "OUTPUT_EXISTS" : "FILE_UNWRITABLE", `${cause.message}.`);
    throw siteError("FILE_UNWRITABLE", `cannot write into ${folder}: ${(cause as Error).message}`, { cause });
  }
}
