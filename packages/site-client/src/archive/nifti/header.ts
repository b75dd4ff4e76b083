import { NIFTI1, NIFTI2 } from "nifti-reader-js";
import { siteError } from "../../errors.js";
import { affineSpacing, type Size3 } from "../grid.js";
import { DEFAULT_LIMITS, SPACING_RANGE_MM, type VolumeLimits } from "../limits.js";
import type { Placement } from "../placement.js";
import { headerAffine, isIndependent, isPlausible } from "./affine.js";
import type { NiftiHeader, VoxelType } from "./types.js";
import { voxelType } from "./voxels.js";

/** Bytes of the two headers, without the four bytes that announce extensions. */
export const NIFTI1_HEADER_BYTES = 348;
export const NIFTI2_HEADER_BYTES = 540;

type RawHeader = NIFTI1 | NIFTI2;

/**
 * What kind of header `bytes` (the first {@link NIFTI2_HEADER_BYTES} or fewer bytes of a file) begin with, told by
 * its length field in either byte order; the magic string is checked after that.
 */
export function headerVersion(bytes: Uint8Array): 1 | 2 | undefined {
  if (bytes.length < 4) return undefined;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const lengths = [view.getInt32(0, true), view.getInt32(0, false)];
  if (lengths.includes(NIFTI1_HEADER_BYTES)) return 1;
  return lengths.includes(NIFTI2_HEADER_BYTES) ? 2 : undefined;
}

/** A header alone has its voxels in a file of its own, whose first byte may be the first voxel. */
export type NiftiForm = "single" | "pair";

/**
 * Parses and validates the header of a NIfTI image.
 * @param bytes the beginning of the uncompressed file, at least the header
 * @param name what to call the file in messages
 * @throws NIFTI_NOT_NIFTI, NIFTI_TRUNCATED, NIFTI_PAIR, NIFTI_HEADER, NIFTI_DATATYPE, NIFTI_DIMENSIONS, NIFTI_EMPTY,
 * NIFTI_TOO_LARGE, NIFTI_AFFINE
 */
export function parseHeader(
  bytes: Uint8Array,
  name: string,
  limits: VolumeLimits = DEFAULT_LIMITS,
  form: NiftiForm = "single",
): NiftiHeader {
  const version = headerVersion(bytes);
  if (version === undefined) {
    throw siteError(
      "NIFTI_NOT_NIFTI",
      bytes.length === 0 ? `${name} is empty` : `${name} does not begin with a NIfTI header`,
    );
  }
  const length = version === 1 ? NIFTI1_HEADER_BYTES : NIFTI2_HEADER_BYTES;
  if (bytes.length < length) throw siteError("NIFTI_TRUNCATED", `${name} ends inside its header`);
  // Exactly the header and no byte more: the parser then leaves the extensions, whose lengths it does not check.
  const copy = new Uint8Array(length);
  copy.set(bytes.subarray(0, length));
  checkMagic(copy, version, name, form);
  const raw: RawHeader = version === 1 ? new NIFTI1() : new NIFTI2();
  raw.readHeader(copy.buffer);

  const { size, notes } = imageSize(raw, name, limits);
  const placement = placementOf(raw, new DataView(copy.buffer), version);
  const placed = headerAffine(placement);
  checkAffine(placed.affine, name);
  return {
    version,
    littleEndian: raw.littleEndian,
    grid: { size, affine: placed.affine },
    ...(placed.sound ? { placement } : {}),
    notes: [...notes, ...placed.notes],
    affineFrom: placed.from,
    type: typeOf(raw, name),
    offset: offsetOf(raw, name, form === "single" ? length + 4 : 0, limits),
    ...scaling(raw),
  };
}

function checkMagic(header: Uint8Array, version: 1 | 2, name: string, form: NiftiForm): void {
  const start = version === 1 ? 344 : 4;
  const magic = String.fromCharCode(...header.subarray(start, start + 3));
  if (magic === `n+${version}` && form === "single") return;
  if (magic === `ni${version}` && form === "pair") return;
  if (magic === `ni${version}`) throw siteError("NIFTI_PAIR", `${name} is the header of a .hdr and .img pair`);
  if (magic === `n+${version}`) throw siteError("NIFTI_PAIR", `${name} says that its voxels follow in the same file`);
  throw siteError("NIFTI_NOT_NIFTI", `${name} lacks the NIfTI magic string (an Analyze 7.5 header has none)`);
}

function offsetOf(raw: RawHeader, name: string, smallest: number, limits: VolumeLimits): number {
  const offset = raw.vox_offset;
  if (Number.isSafeInteger(offset) && offset >= smallest && offset <= smallest + limits.extensions) return offset;
  throw siteError("NIFTI_HEADER", `${name} says that its voxels begin at byte ${offset}`);
}

/** The three lengths; axes beyond the third may have length 1, and 0 where a writer counted an axis too many. */
function imageSize(raw: RawHeader, name: string, limits: VolumeLimits): { size: Size3; notes: readonly string[] } {
  const [axes = 0, ...lengths] = raw.dims;
  if (!Number.isInteger(axes) || axes < 0 || axes > 7) {
    throw siteError("NIFTI_HEADER", `${name} says that it has ${axes} axes`);
  }
  const used = lengths.slice(0, axes);
  const shown = used.join(" × ");
  const [x = 1, y = 1, z = 1, ...rest] = used;
  if (axes === 0 || [x, y, z].includes(0)) throw siteError("NIFTI_EMPTY", `${name} has no voxels (${shown})`);
  if (used.some((length) => !Number.isSafeInteger(length) || length < 0)) {
    throw siteError("NIFTI_HEADER", `${name} says that its size is ${shown}`);
  }
  if (axes < 3 || rest.some((length) => length > 1)) {
    throw siteError("NIFTI_DIMENSIONS", `${name} has ${axes} dimensions (${shown}), not 3`);
  }
  if (x * y * z > limits.voxels) {
    throw siteError("NIFTI_TOO_LARGE", `${name} has ${shown} voxels, more than ${limits.voxels}`);
  }
  const notes = rest.includes(0) ? [`its header says ${axes} axes (${shown}); three are taken`] : [];
  return { size: [x, y, z], notes };
}

function typeOf(raw: RawHeader, name: string): VoxelType {
  const type = voxelType(raw.datatypeCode);
  if (type === undefined) {
    throw siteError("NIFTI_DATATYPE", `${name} has voxels of NIfTI datatype ${raw.datatypeCode}`);
  }
  return type;
}

/** nifti1.h: a slope of 0 means that there is no scaling. A slope or intercept that is not finite means that, too. */
function scaling(raw: RawHeader): { slope: number; intercept: number } {
  const { scl_slope: slope, scl_inter: intercept } = raw;
  if (slope === 0 || !Number.isFinite(slope) || !Number.isFinite(intercept)) return { slope: 1, intercept: 0 };
  return { slope, intercept };
}

/** The parser's own affine prefers the qform where its code is higher, so the fields are read here instead. */
function placementOf(raw: RawHeader, view: DataView, version: 1 | 2): Placement {
  const [qfac = 1, dx = 0, dy = 0, dz = 0] = raw.pixDims;
  const srow = Array.from({ length: 12 }, (_, i) =>
    version === 1 ? view.getFloat32(280 + 4 * i, raw.littleEndian) : view.getFloat64(400 + 8 * i, raw.littleEndian),
  );
  return {
    // nifti1.h: voxel sizes are positive; some writers leave a sign that means nothing.
    pixdim: [qfac < 0 ? -1 : 1, Math.abs(dx), Math.abs(dy), Math.abs(dz)],
    units: raw.xyzt_units,
    qformCode: raw.qform_code,
    quaternion: [raw.quatern_b, raw.quatern_c, raw.quatern_d, raw.qoffset_x, raw.qoffset_y, raw.qoffset_z],
    sformCode: raw.sform_code,
    srow,
  };
}

function checkAffine(affine: readonly number[], name: string): void {
  const shown = affineSpacing(affine)
    .map((mm) => mm.toPrecision(3))
    .join(" × ");
  const [least, most] = SPACING_RANGE_MM;
  if (!isPlausible(affine)) {
    throw siteError("NIFTI_AFFINE", `${name} has voxels of ${shown} mm; ${least} to ${most} mm can be`);
  }
  if (!isIndependent(affine)) throw siteError("NIFTI_AFFINE", `${name} has voxel axes that lie in one plane`);
}
