import type { VoxelType, WritableType } from "./types.js";

interface TypeEntry {
  readonly code: number;
  readonly bytes: 1 | 2 | 4 | 8;
}

/** NIfTI datatype codes (nifti1.h, DT_*) of the types that are read. */
const TYPES: Readonly<Record<VoxelType, TypeEntry>> = {
  uint8: { code: 2, bytes: 1 },
  int16: { code: 4, bytes: 2 },
  int32: { code: 8, bytes: 4 },
  float32: { code: 16, bytes: 4 },
  float64: { code: 64, bytes: 8 },
  int8: { code: 256, bytes: 1 },
  uint16: { code: 512, bytes: 2 },
  uint32: { code: 768, bytes: 4 },
  int64: { code: 1024, bytes: 8 },
  uint64: { code: 1280, bytes: 8 },
};

const BY_CODE: ReadonlyMap<number, VoxelType> = new Map(
  Object.entries(TYPES).map(([type, entry]) => [entry.code, type as VoxelType]),
);

/** The voxel type of a NIfTI datatype code; undefined for complex, colour, binary and 128-bit types. */
export function voxelType(code: number): VoxelType | undefined {
  return BY_CODE.get(code);
}

export function voxelBytes(type: VoxelType): 1 | 2 | 4 | 8 {
  return TYPES[type].bytes;
}

export function datatypeCode(type: VoxelType): number {
  return TYPES[type].code;
}

/** Little- and big-endian machines differ here; all that Node runs on are little-endian but s390x. */
const HOST_LITTLE_ENDIAN = new Uint8Array(new Uint16Array([1]).buffer)[0] === 1;

function swapBytes(bytes: Buffer, width: 1 | 2 | 4 | 8): void {
  if (width === 2) bytes.swap16();
  else if (width === 4) bytes.swap32();
  else if (width === 8) bytes.swap64();
}

function typedView(type: VoxelType, buffer: ArrayBuffer, count: number): ArrayLike<number> | ArrayLike<bigint> {
  switch (type) {
    case "uint8":
      return new Uint8Array(buffer, 0, count);
    case "int8":
      return new Int8Array(buffer, 0, count);
    case "int16":
      return new Int16Array(buffer, 0, count);
    case "uint16":
      return new Uint16Array(buffer, 0, count);
    case "int32":
      return new Int32Array(buffer, 0, count);
    case "uint32":
      return new Uint32Array(buffer, 0, count);
    case "int64":
      return new BigInt64Array(buffer, 0, count);
    case "uint64":
      return new BigUint64Array(buffer, 0, count);
    case "float32":
      return new Float32Array(buffer, 0, count);
    case "float64":
      return new Float64Array(buffer, 0, count);
  }
}

/**
 * Stored voxels as float32 numbers, slope × stored + intercept computed in double precision.
 * @param buffer the voxels' bytes and nothing else; its byte order is changed in place
 */
export function decodeVoxels(
  buffer: ArrayBuffer,
  type: VoxelType,
  littleEndian: boolean,
  slope: number,
  intercept: number,
): Float32Array {
  const width = voxelBytes(type);
  if (littleEndian !== HOST_LITTLE_ENDIAN) swapBytes(Buffer.from(buffer), width);
  const count = buffer.byteLength / width;
  const stored = typedView(type, buffer, count);
  if (stored instanceof Float32Array && slope === 1 && intercept === 0) return stored;
  const out = new Float32Array(count);
  for (let i = 0; i < count; i++) out[i] = slope * Number(stored[i]) + intercept;
  return out;
}

/** Values as little-endian bytes of `type`, at `target` from `offset` on; integers are rounded and clamped to the range. */
export function encodeVoxels(values: ArrayLike<number>, type: WritableType, target: Uint8Array, offset: number): void {
  const view = new DataView(target.buffer, target.byteOffset, target.byteLength);
  for (let i = 0; i < values.length; i++) {
    const value = values[i] ?? 0;
    if (type === "uint8") view.setUint8(offset + i, Math.min(255, Math.max(0, Math.round(value))));
    else if (type === "int16") {
      view.setInt16(offset + 2 * i, Math.min(32767, Math.max(-32768, Math.round(value))), true);
    } else view.setFloat32(offset + 4 * i, value, true);
  }
}
