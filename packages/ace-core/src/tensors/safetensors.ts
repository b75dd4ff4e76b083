import { encodeHeader, parseHeader } from "./header.js";
import { weightSet } from "./layout.js";
import type { WeightSet } from "./types.js";

/** Weights with the file's own notes. */
export interface DecodedWeights {
  readonly weights: WeightSet;
  readonly metadata: Readonly<Record<string, string>>;
}

/**
 * The values of a weight set as they lie in a safetensors file: a view, not a copy. Little-endian, as are all
 * machines that Node.js with WebAssembly SIMD runs on.
 */
export function tensorBytes(weights: WeightSet): Uint8Array {
  return new Uint8Array(weights.data.buffer, weights.data.byteOffset, weights.data.byteLength);
}

/**
 * A whole safetensors file. The tensors keep the order of the weight set.
 *
 * @param metadata free notes, text only.
 * @throws WEIGHTS_MALFORMED if the header would be too long.
 */
export function encodeSafetensors(weights: WeightSet, metadata: Readonly<Record<string, string>> = {}): Uint8Array {
  const header = encodeHeader(weights.specs, metadata);
  const bytes = new Uint8Array(header.length + weights.data.byteLength);
  bytes.set(header);
  bytes.set(tensorBytes(weights), header.length);
  return bytes;
}

/**
 * Reads a whole safetensors file of float32 tensors; the values are copied.
 *
 * @throws WEIGHTS_MALFORMED saying what is wrong, and with which tensor.
 */
export function decodeSafetensors(bytes: Uint8Array, limits: { readonly headerBytes?: number } = {}): DecodedWeights {
  const header = parseHeader(bytes, limits);
  const data = new Float32Array(header.dataBytes / Float32Array.BYTES_PER_ELEMENT);
  const weights = weightSet(header.specs, data);
  tensorBytes(weights).set(bytes.subarray(header.dataOffset));
  return { weights, metadata: header.metadata };
}
