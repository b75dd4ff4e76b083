import { siteError } from "../../errors.js";
import { withBytes, type ByteSource } from "../bytes.js";
import { DEFAULT_LIMITS, type VolumeLimits } from "../limits.js";
import { StoredVolume, type ReadOptions } from "../volume-reader.js";
import { NIFTI1_HEADER_BYTES, NIFTI2_HEADER_BYTES, headerVersion, parseHeader, type NiftiForm } from "./header.js";
import { pairOf } from "./pair.js";
import type { NiftiHeader } from "./types.js";
import { decodeVoxels, voxelBytes } from "./voxels.js";

/** A NIfTI image in memory. */
export type NiftiImage = StoredVolume<NiftiHeader>;

/**
 * Reads the header of a .nii or .nii.gz file, or of a .hdr and .img pair of which one is named, and nothing after it.
 * @throws FILE_UNREADABLE, FILE_POINTER, NIFTI_PAIR and the NIFTI_* codes of {@link parseHeader}
 */
export async function readNiftiHeader(path: string, options: ReadOptions = {}): Promise<NiftiHeader> {
  const { name = path, limits = DEFAULT_LIMITS, signal } = options;
  const pair = await pairOf(path, name);
  return withBytes(pair?.header ?? path, name, signal, async (source) => {
    return (await takeHeader(source, name, limits, pair === undefined ? "single" : "pair")).header;
  });
}

/**
 * Reads a NIfTI-1 or -2 image, one file or a pair, compressed or not, in either byte order, as float32 with slope and
 * intercept applied. Memory is taken only once the header has been validated, and for exactly the voxels it describes;
 * a file that inflates to more is refused without inflating it further. NaN is left for the caller to judge by place.
 * @throws FILE_UNREADABLE, FILE_POINTER, NIFTI_TRUNCATED, NIFTI_CORRUPT, NIFTI_OVERSIZED, NIFTI_NON_FINITE for infinite
 * voxels, NIFTI_PAIR and the codes of {@link parseHeader}
 */
export async function readNifti(path: string, options: ReadOptions = {}): Promise<NiftiImage> {
  const { name = path, limits = DEFAULT_LIMITS, signal } = options;
  const pair = await pairOf(path, name);
  if (pair === undefined) {
    return withBytes(path, name, signal, async (source) => {
      const { header, length } = await takeHeader(source, name, limits, "single");
      return takeVoxels(source, header, length, name, limits);
    });
  }
  const header = await readNiftiHeader(path, options);
  return withBytes(pair.voxels, name, signal, (source) => takeVoxels(source, header, 0, name, limits));
}

/** @param passed bytes of the file that have been read already */
async function takeVoxels(
  source: ByteSource,
  header: NiftiHeader,
  passed: number,
  name: string,
  limits: VolumeLimits,
): Promise<NiftiImage> {
  const [x, y, z] = header.grid.size;
  const bytes = x * y * z * voxelBytes(header.type);
  checkFileSize(source, header.offset + bytes, name, limits);
  await source.skip(header.offset - passed);
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
  checkInfinite(data, name);
  return new StoredVolume(header, data);
}

async function takeHeader(
  source: ByteSource,
  name: string,
  limits: VolumeLimits,
  form: NiftiForm,
): Promise<{ header: NiftiHeader; length: number }> {
  const bytes = new Uint8Array(NIFTI2_HEADER_BYTES);
  let length = await source.fill(bytes.subarray(0, NIFTI1_HEADER_BYTES));
  if (headerVersion(bytes.subarray(0, length)) === 2) {
    length += await source.fill(bytes.subarray(NIFTI1_HEADER_BYTES));
  }
  return { header: parseHeader(bytes.subarray(0, length), name, limits, form), length };
}

/** Compression never makes a file longer by more than a thousandth or so. */
function checkFileSize(source: ByteSource, expected: number, name: string, limits: VolumeLimits): void {
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

function checkInfinite(data: Float32Array, name: string): void {
  let bad = 0;
  for (const value of data) if (value === Infinity || value === -Infinity) bad++;
  if (bad > 0) {
    const voxels = bad === 1 ? "1 voxel that is" : `${bad} voxels that are`;
    throw siteError("NIFTI_NON_FINITE", `${name} holds ${voxels} infinite`, { fields: { voxels: bad } });
  }
}
