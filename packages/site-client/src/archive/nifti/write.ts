import { promisify } from "node:util";
import { gzip } from "node:zlib";
import { writeDurably } from "@fedace/ace-core/host";
import { siteError } from "../../errors.js";
import { affineSpacing, type Grid } from "../grid.js";
import type { Placement } from "../placement.js";
import { NIFTI1_HEADER_BYTES } from "./header.js";
import type { WritableType } from "./types.js";
import { datatypeCode, encodeVoxels, voxelBytes } from "./voxels.js";

/** Four zero bytes after the header say that there are no extensions; voxels begin here. */
const VOXEL_OFFSET = NIFTI1_HEADER_BYTES + 4;

/** nifti1.h: NIFTI_UNITS_MM, NIFTI_XFORM_SCANNER_ANAT, NIFTI_INTENT_LABEL. */
const UNITS_MM = 2;
const XFORM_SCANNER = 1;
const INTENT_LABEL = 1002;

/** Lengths of axes are 16-bit numbers in NIfTI-1. */
const LONGEST_AXIS = 32767;

const DESCRIPTION = "FedACE";

export interface NiftiContent {
  readonly grid: Grid;
  /** The values; the first axis of the grid runs fastest. */
  readonly data: ArrayLike<number>;
  readonly type: WritableType;
  /** The header's own placement of an image that was read, to be written again as it was. */
  readonly placement?: Placement;
  /** Marks the voxels as labels, so that viewers colour them and resample them by nearest neighbour. */
  readonly labels?: boolean;
}

/** The placement of a grid made here: its affine as the sform, in mm. */
function placementOfGrid(grid: Grid): Placement {
  const [x, y, z] = affineSpacing(grid.affine);
  return {
    pixdim: [1, x, y, z],
    units: UNITS_MM,
    qformCode: 0,
    quaternion: [0, 0, 0, 0, 0, 0],
    sformCode: XFORM_SCANNER,
    srow: grid.affine,
  };
}

/** An image as the bytes of a little-endian single-file NIfTI-1 image, not compressed. */
export function encodeNifti(content: NiftiContent): Uint8Array {
  const { grid, data, type } = content;
  const [x, y, z] = grid.size;
  if (data.length !== x * y * z) throw new RangeError(`${data.length} values for a grid of ${x * y * z} voxels`);
  if (grid.size.some((length) => length > LONGEST_AXIS)) {
    throw siteError("NIFTI_TOO_LARGE", `an axis of ${Math.max(x, y, z)} voxels does not fit into NIfTI-1`);
  }
  const placement = content.placement ?? placementOfGrid(grid);
  const bytes = new Uint8Array(VOXEL_OFFSET + data.length * voxelBytes(type));
  const view = new DataView(bytes.buffer);
  view.setInt32(0, NIFTI1_HEADER_BYTES, true);
  [3, x, y, z, 1, 1, 1, 1].forEach((value, i) => {
    view.setInt16(40 + 2 * i, value, true);
  });
  view.setInt16(68, content.labels === true ? INTENT_LABEL : 0, true);
  view.setInt16(70, datatypeCode(type), true);
  view.setInt16(72, 8 * voxelBytes(type), true);
  [...placement.pixdim, 1, 1, 1, 1].forEach((value, i) => {
    view.setFloat32(76 + 4 * i, value, true);
  });
  view.setFloat32(108, VOXEL_OFFSET, true);
  view.setFloat32(112, 1, true);
  view.setUint8(123, placement.units & 0xff);
  bytes.set(Buffer.from(DESCRIPTION, "latin1"), 148);
  view.setInt16(252, placement.qformCode, true);
  view.setInt16(254, placement.sformCode, true);
  [...placement.quaternion, ...placement.srow].forEach((value, i) => {
    view.setFloat32(256 + 4 * i, value, true);
  });
  bytes.set(Buffer.from("n+1\0", "latin1"), 344);
  encodeVoxels(data, type, bytes, VOXEL_OFFSET);
  return bytes;
}

/**
 * Writes an image as NIfTI-1, compressed where the name ends with `.gz`. The file appears under its name only when
 * it is complete: until then it has a temporary name in the same folder.
 * @throws FILE_UNWRITABLE, NIFTI_TOO_LARGE
 */
export async function writeNifti(path: string, content: NiftiContent, signal?: AbortSignal): Promise<void> {
  const plain = encodeNifti(content);
  const bytes = path.endsWith(".gz") ? await promisify(gzip)(plain) : plain;
  signal?.throwIfAborted();
  await writeWhole(path, bytes);
}

/** An image is for whoever the account's umask lets read it. */
const PUBLIC_FILE = 0o666;

/**
 * Writes a file whole or not at all, and forces it to the disk.
 * @throws FILE_UNWRITABLE
 */
export async function writeWhole(path: string, bytes: Uint8Array | string): Promise<void> {
  try {
    await writeDurably(path, bytes, PUBLIC_FILE);
  } catch (error) {
    throw unwritable(path, error);
  }
}

/** What a failed write means to a person. */
function unwritable(path: string, error: unknown): Error {
  const code = error instanceof Error && "code" in error ? String(error.code) : "";
  const reasons: Readonly<Record<string, string>> = {
    ENOSPC: "the disk is full",
    EDQUOT: "the quota of this account is used up",
    EACCES: "this account may not write there",
    EPERM: "this account may not write there",
    EROFS: "the file system is read-only",
    ENOENT: "its folder does not exist",
    EISDIR: "there is a folder of that name",
  };
  return siteError("FILE_UNWRITABLE", `cannot write ${path}: ${reasons[code] ?? code}`, { cause: error });
}
