import { elements, totalElements } from "../tensors/index.js";
import type { TensorSpec } from "../tensors/index.js";
import { CHUNK_VALUES } from "./types.js";
import type { ValueReader } from "./types.js";

/** Whether an update may be counted, and if not, why. */
export type Admission =
  | { readonly admitted: true; readonly norm: number }
  | { readonly admitted: false; readonly reason: "not-finite"; readonly tensor: string }
  | { readonly admitted: false; readonly reason: "norm"; readonly norm: number };

/**
 * Checks the values of an update against the model it started from, as a stream: all finite, and the L2 norm of the
 * difference (float64) at most `maxNorm`.
 *
 * @param input.maxNorm Infinity by default: no bound.
 */
export async function checkUpdateStream(input: {
  readonly specs: readonly TensorSpec[];
  readonly update: ValueReader;
  readonly model: ValueReader;
  readonly maxNorm?: number;
  readonly chunkValues?: number;
  readonly signal?: AbortSignal;
}): Promise<Admission> {
  const total = totalElements(input.specs);
  const chunk = input.chunkValues ?? CHUNK_VALUES;
  let squares = 0;
  for (let offset = 0; offset < total; offset += chunk) {
    input.signal?.throwIfAborted();
    const length = Math.min(chunk, total - offset);
    const [update, model] = await Promise.all([input.update.read(offset, length), input.model.read(offset, length)]);
    for (let i = 0; i < length; i++) {
      const value = update[i] ?? Number.NaN;
      if (!Number.isFinite(value)) {
        return { admitted: false, reason: "not-finite", tensor: tensorAt(input.specs, offset + i) };
      }
      squares += (value - (model[i] ?? 0)) ** 2;
    }
  }
  const norm = Math.sqrt(squares);
  return norm <= (input.maxNorm ?? Infinity) ? { admitted: true, norm } : { admitted: false, reason: "norm", norm };
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
