import type { NamedMask } from "./brain.js";
import { readVolume } from "./formats.js";
import type { Grid } from "./grid.js";
import type { VolumeLimits } from "./limits.js";
import { onto } from "./one-grid.js";
import type { Placement } from "./placement.js";
import type { NamedImage } from "./prepare.js";
import type { ReadOptions, StoredVolume } from "./volume-reader.js";

export interface ReadCaseOptions {
  readonly limits?: VolumeLimits | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** A file to read. */
export interface ScanFile {
  readonly path: string;
  /** What to call it in errors. */
  readonly name: string;
  /** What it is, for notes: the same for many cases, such as "T1w". */
  readonly label: string;
}

/** The images of one head, all on the grid of the first. */
export interface Scan {
  readonly grid: Grid;
  /** Of the first image's header. */
  readonly placement?: Placement;
  readonly images: readonly NamedImage[];
  readonly mask?: NamedMask;
  /** What the headers had wrong. */
  readonly notes: readonly string[];
}

/**
 * Reads images and mask of one head, and turns them to the first image's grid.
 * @throws FILE_UNREADABLE, FILE_POINTER, CASE_GRID_MISMATCH and the NIFTI_* codes
 */
export async function readScan(
  files: readonly ScanFile[],
  mask: ScanFile | undefined,
  options: ReadCaseOptions,
): Promise<Scan> {
  const stored: StoredVolume[] = [];
  for (const file of files) stored.push(await readVolume(file.path, readOptions(file, options)));
  const brain = mask === undefined ? undefined : await readVolume(mask.path, readOptions(mask, options));
  const [first] = stored;
  if (first === undefined) throw new RangeError("a scan has at least one image");
  const target = { name: files[0]?.name ?? "", grid: first.grid };
  const { placement } = first.header;
  return {
    grid: first.grid,
    ...(placement === undefined ? {} : { placement }),
    images: stored.map((volume, i) => {
      const { name = "", label = "" } = files[i] ?? {};
      return { name, label, volume: onto(volume, name, target) };
    }),
    ...(mask === undefined || brain === undefined
      ? {}
      : { mask: { name: mask.name, volume: onto(brain, mask.name, target) } }),
    notes: [
      ...stored.flatMap(({ header }, i) => header.notes.map((note) => `${files[i]?.label ?? ""}: ${note}`)),
      ...(brain?.header.notes.map((note) => `mask: ${note}`) ?? []),
    ],
  };
}

export function readOptions(file: { readonly name: string }, { limits, signal }: ReadCaseOptions): ReadOptions {
  return {
    name: file.name,
    ...(limits === undefined ? {} : { limits }),
    ...(signal === undefined ? {} : { signal }),
  };
}
