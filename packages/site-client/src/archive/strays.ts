import { BIDS_SUFFIXES } from "@fedace/ace-core/protocol";
import { volumeBase } from "./formats.js";

/** Endings of scans in formats that are not read. */
const OTHER_FORMATS = /\.(mgz|mgh|nrrd|nhdr|mha|mhd|mnc|dcm|ima|par|rec|nii\.(zip|bz2|xz|zst))$/i;

/** Why a file that lies in an anat folder and looks like a scan is none for us; undefined for all others. */
export function strangeName(name: string): string | undefined {
  const base = volumeBase(name);
  if (base === undefined)
    return OTHER_FORMATS.test(name) ? "is of a format that is not read: convert it to NIfTI" : undefined;
  const suffix = /_([^_]+)$/.exec(base)?.[1];
  if (suffix === undefined) return "has no suffix such as _T1w at the end of its name";
  const meant = BIDS_SUFFIXES.find((known) => known.toLowerCase() === suffix.toLowerCase());
  if (meant !== undefined && meant !== suffix) return `ends with _${suffix}; the suffix is written _${meant}`;
  return undefined;
}
