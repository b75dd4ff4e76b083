import { open } from "node:fs/promises";
import type { FileHandle } from "node:fs/promises";
import { dataOffsetOf, LENGTH_BYTES, parseHeader, totalElements, weightSet } from "../../tensors/index.js";
import type { DecodedWeights, SafetensorsHeader } from "../../tensors/index.js";
import { readFully } from "./reading.js";

/** An open safetensors file: its header, and its values in parts. */
export interface ValuesFile {
  readonly header: SafetensorsHeader;
  /** Values from `offset` on, in file order; both count values, not bytes. */
  read(offset: number, length: number): Promise<Float32Array>;
  close(): Promise<void>;
}

/**
 * Opens a safetensors file without reading its values.
 *
 * @throws WEIGHTS_MALFORMED
 */
export async function openValues(source: string | FileHandle): Promise<ValuesFile> {
  const file = typeof source === "string" ? await open(source, "r") : source;
  try {
    const header = await readHeader(file);
    return {
      header,
      read: (offset, length) => readValues(file, header, offset, length),
      close: () => file.close(),
    };
  } catch (error) {
    await file.close();
    throw error;
  }
}

/**
 * Reads a whole safetensors file of float32 tensors, of any size: straight into the one buffer of its values.
 *
 * @throws WEIGHTS_MALFORMED
 */
export async function readWeights(path: string): Promise<DecodedWeights> {
  const file = await open(path, "r");
  try {
    const header = await readHeader(file);
    const data = await readValues(file, header, 0, totalElements(header.specs));
    return { weights: weightSet(header.specs, data), metadata: header.metadata };
  } finally {
    await file.close();
  }
}

async function readValues(
  file: FileHandle,
  { dataOffset }: SafetensorsHeader,
  offset: number,
  length: number,
): Promise<Float32Array> {
  const values = new Float32Array(length);
  await readFully(file, new Uint8Array(values.buffer), dataOffset + offset * values.BYTES_PER_ELEMENT);
  return values;
}

async function readHeader(file: FileHandle): Promise<SafetensorsHeader> {
  const { size } = await file.stat();
  const prefix = new Uint8Array(Math.min(LENGTH_BYTES, size));
  await readFully(file, prefix, 0);
  const head = new Uint8Array(Math.min(dataOffsetOf(prefix), size));
  await readFully(file, head, 0);
  return parseHeader(head, { totalBytes: size });
}
