import { siteError } from "../../errors.js";
import { withBytes, type ByteSource } from "./bytes.js";
import { NIFTI1_HEADER_BYTES, NIFTI2_HEADER_BYTES, headerVersion, parseHeader } from "./header.js";
import { DEFAULT_NIFTI_LIMITS, type NiftiLimits } from "./limits.js";
import type { NiftiHeader, Volume } from "./types.js";
import { decodeVoxels, voxelBytes } from "./voxels.js";

/** A NIfTI image in memory. */
export interface NiftiImage extends Volume {
  readonly header: NiftiHeader;
}

export interface ReadOptions {
  /** What to call the file in messages; the path unless given. */
  readonly name?: string;
  readonly limits?: NiftiLimits;
  readonly signal?: AbortSignal;
}

/**
 * Reads the header of a .nii or .nii.gz file and nothing after it.
 * @throws FILE_UNREADABLE and the NIFTI_* codes of {@link parseHeader}
 */
export async function readNiftiHeader(path: string, options: ReadOptions = {}): Promise<NiftiHeader> {
  const { name = path, limits = DEFAULT_NIFTI_LIMITS, signal } = options;
  return withBytes(path, name, signal, async (source) => (await takeHeader(source, name, limits)).header);
}

/**
 * Reads a NIfTI-1 or -2 image, compressed or not, in either byte order, as float32 with slope and intercept applied.
 * Memory is taken only once the header has been validated, and for exactly the voxels it describes; a file that
 * inflates to more is refused without inflating it further.
 * @throws FILE_UNREADABLE, NIFTI_TRUNCATED, NIFTI_CORRUPT, NIFTI_OVERSIZED, NIFTI_NON_FINITE and the codes of
 * {@link parseHeader}
 */
export async function readNifti(path: string, options: ReadOptions = {}): Promise<NiftiImage> {
  const { name = path, limits = DEFAULT_NIFTI_LIMITS, signal } = options;
  return withBytes(path, name, signal, async (source) => {
    const { header, length } = await takeHeader(source, name, limits);
    const [x, y, z] = header.grid.size;
    const bytes = x * y * z * voxelBytes(header.type);
    checkFileSize(source, header.offset + bytes, name, limits);
    await source.skip(header.offset - length);
    const stored = new ArrayBuffer(bytes);
    const found = await source.fill(new Uint8Array(stored));
    if (found < bytes) {
      throw siteError("NIFTI_TRUNCATED", `${name} holds ${found} of the ${bytes} bytes its header describes`);
    }
    // Reading on to the end lets gzip compare its checksum.
    if ((await source.skip(limits.trailing + 1)) > limits.trailing) {
      throw siteError("NIFTI_OVERSIZED", `${name} goes on far beyond the ${bytes} bytes its header describes`);
    }
    const data = decodeVoxels(stored, header.type, header.littleEndian, header.slope, header.intercept);
    checkFinite(data, name);
    return { header, grid: header.grid, data };
  });
}

async function takeHeader(
  source: ByteSource,
  name: string,
  limits: NiftiLimits,
): Promise<{ header: NiftiHeader; length: number }> {
  const bytes = new Uint8Array(NIFTI2_HEADER_BYTES);
  let length = await source.fill(bytes.subarray(0, NIFTI1_HEADER_BYTES));
  if (headerVersion(bytes.subarray(0, length)) === 2) {
    length += await source.fill(bytes.subarray(NIFTI1_HEADER_BYTES));
  }
  return { header: parseHeader(bytes.subarray(0, length), name, limits), length };
}

/** Compression never makes a file longer by more than a thousandth or so. */
function checkFileSize(source: ByteSource, expected: number, name: string, limits: NiftiLimits): void {
  if (source.fileBytes > expected * 1.01 + limits.trailing) {
    throw siteError(
      "NIFTI_OVERSIZED",
      `${name} has ${source.fileBytes} bytes on the disk; its header describes ${expected}`,
    );
  }
  if (!source.compressed && source.fileBytes < expected) {
    throw siteError("NIFTI_TRUNCATED", `${name} has ${source.fileBytes} of the ${expected} bytes its header describes`);
  }
}

function checkFinite(data: Float32Array, name: string): void {
  let bad = 0;
  for (const value of data) if (!Number.isFinite(value)) bad++;
  if (bad > 0) {
    const voxels = bad === 1 ? "1 voxel that is" : `${bad} voxels that are`;
    throw siteError("NIFTI_NON_FINITE", `${name} holds ${voxels} infinite or not a number`, {
      fields: { voxels: bad },
    });
  }
}
