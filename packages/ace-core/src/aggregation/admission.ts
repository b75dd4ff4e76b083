import { elements, totalElements } from "../tensors/index.js";
import type { TensorSpec } from "../tensors/index.js";
import { CHUNK_VALUES } from "./types.js";
import type { ValueReader } from "./types.js";

/** What the values of an update are like. */
export type UpdateCheck =
  /** L2 norms of its difference from the model and of the model itself. */
  | { readonly finite: true; readonly norm: number; readonly modelNorm: number }
  | { readonly finite: false; readonly tensor: string };

/**
 * Checks the values of an update against the model it started from, as a stream: whether all are finite, and how far it
 * is from the model (sums in float64).
 */
export async function checkUpdateStream(input: {
  readonly specs: readonly TensorSpec[];
  readonly update: ValueReader;
  readonly model: ValueReader;
  readonly chunkValues?: number;
  readonly signal?: AbortSignal;
}): Promise<UpdateCheck> {
  const total = totalElements(input.specs);
  const chunk = input.chunkValues ?? CHUNK_VALUES;
  let changes = 0;
  let squares = 0;
  for (let offset = 0; offset < total; offset += chunk) {
    input.signal?.throwIfAborted();
    const length = Math.min(chunk, total - offset);
    const [update, model] = await Promise.all([input.update.read(offset, length), input.model.read(offset, length)]);
    for (let i = 0; i < length; i++) {
      const value = update[i] ?? Number.NaN;
      if (!Number.isFinite(value)) return { finite: false, tensor: tensorAt(input.specs, offset + i) };
      const before = model[i] ?? 0;
      changes += (value - before) ** 2;
      squares += before ** 2;
    }
  }
  return { finite: true, norm: Math.sqrt(changes), modelNorm: Math.sqrt(squares) };
}

/** Name of the tensor that value number `index` belongs to. */
function tensorAt(specs: readonly TensorSpec[], index: number): string {
  let end = 0;
  for (const spec of specs) {
    end += elements(spec);
    if (index < end) return spec.name;
  }
  return "";
}
