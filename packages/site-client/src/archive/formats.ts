import { readBeginning } from "./bytes.js";
import { NIFTI } from "./nifti/index.js";
import type { ReadOptions, StoredVolume, VolumeHeader, VolumeReader } from "./volume-reader.js";

/** Every format of scans that is read. The first one gives the error of a file that none recognises. */
const FORMATS: readonly [VolumeReader, ...VolumeReader[]] = [NIFTI];

const ENDINGS = FORMATS.flatMap(({ endings }) => endings).sort((a, b) => b.length - a.length);

/** A name without the ending of its format; undefined for a name that no format has. */
export function volumeBase(name: string): string | undefined {
  const lower = name.toLowerCase();
  const ending = ENDINGS.find((candidate) => lower.endsWith(candidate));
  return ending === undefined ? undefined : name.slice(0, name.length - ending.length);
}

/** @throws FILE_UNREADABLE, FILE_POINTER and the codes of the file's format */
export async function readVolumeHeader(path: string, options: ReadOptions = {}): Promise<VolumeHeader> {
  return (await readerOf(path, options)).readHeader(path, options);
}

/** @throws FILE_UNREADABLE, FILE_POINTER and the codes of the file's format */
export async function readVolume(path: string, options: ReadOptions = {}): Promise<StoredVolume> {
  return (await readerOf(path, options)).readVolume(path, options);
}

/** By the name's ending where a format has it, else by the first bytes. */
async function readerOf(path: string, options: ReadOptions): Promise<VolumeReader> {
  const lower = path.toLowerCase();
  const named = FORMATS.find(({ endings }) => endings.some((ending) => lower.endsWith(ending)));
  if (named !== undefined) return named;
  const beginning = await readBeginning(path, options.name ?? path, options.signal);
  return FORMATS.find((format) => format.recognises(beginning)) ?? FORMATS[0];
}
