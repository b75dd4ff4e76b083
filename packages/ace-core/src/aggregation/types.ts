/** Reads a part of one model's values: all tensors one after the other, as they lie behind a safetensors header. */
export interface ValueReader {
  /**
   * @param offset number of the first value (not byte).
   * @param length number of values; exactly as many come back.
   */
  read(offset: number, length: number): Promise<Float32Array>;
}

/** Takes the next part of the result; offsets ascend without gaps. */
export type ValueWriter = (offset: number, values: Float32Array) => Promise<void>;

/** Values read at once from each file, unless said otherwise: 1 MiB. */
export const CHUNK_VALUES = 262_144;
