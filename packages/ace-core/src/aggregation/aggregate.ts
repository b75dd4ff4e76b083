import { coreError } from "../foundation/index.js";
import { elements } from "../tensors/index.js";
import type { TensorSpec } from "../tensors/index.js";
import { aggregateChunk } from "./chunk.js";
import { aggregateHead } from "./head.js";
import { CHUNK_VALUES } from "./types.js";
import type { ValueReader, ValueWriter } from "./types.js";

/** The average of a round. Readers, weights and annotated classes belong together, in the order of site names. */
export interface AggregationInput {
  readonly specs: readonly TensorSpec[];
  readonly readers: readonly ValueReader[];
  /** As from {@link siteWeights}. */
  readonly weights: readonly number[];
  /** How the classifier is averaged: like the rest, or class by class over the sites that annotate the class. */
  readonly head:
    | { readonly mode: "average" }
    | {
        readonly mode: "annotating";
        /** Names of the classifier's tensors. */
        readonly weight: string;
        readonly bias: string;
        /** Per site, the indices of the classes it annotates. */
        readonly annotated: readonly (readonly number[])[];
      };
  /** Values read at once from each reader; the result does not depend on it. */
  readonly chunkValues?: number;
  readonly signal?: AbortSignal;
}

/** A part of the values of a model, in values. */
interface Range {
  readonly offset: number;
  readonly length: number;
}

/**
 * Averages all updates side by side, chunk by chunk: memory is chunk × sites (and the classifiers), whatever the
 * size of the model. The result is the same to the last bit for any chunk size and order of arrival.
 *
 * @throws WEIGHTS_LAYOUT if the classifier's tensors are not in the layout.
 */
export async function aggregate(input: AggregationInput, write: ValueWriter): Promise<void> {
  const { specs, readers, weights, head } = input;
  const readAll = ({ offset, length }: Range): Promise<Float32Array[]> =>
    Promise.all(readers.map((reader) => reader.read(offset, length)));
  const replaced = new Map<number, Float32Array>();
  if (head.mode === "annotating") {
    const [weightRange, biasRange] = [rangeOf(specs, head.weight), rangeOf(specs, head.bias)];
    const [weightValues, biasValues] = [await readAll(weightRange), await readAll(biasRange)];
    const heads = weightValues.map((weight, site) => ({ weight, bias: biasValues[site] ?? new Float32Array() }));
    const averaged = aggregateHead(heads, weights, head.annotated);
    replaced.set(weightRange.offset, averaged.weight);
    replaced.set(biasRange.offset, averaged.bias);
  }
  for (const range of plannedRanges(specs, replaced, input.chunkValues ?? CHUNK_VALUES)) {
    input.signal?.throwIfAborted();
    await write(range.offset, replaced.get(range.offset) ?? aggregateChunk(await readAll(range), weights));
  }
}

/** The whole model in ascending parts: a replaced tensor is one part, what lies between is cut into chunks. */
function* plannedRanges(
  specs: readonly TensorSpec[],
  replaced: ReadonlyMap<number, Float32Array>,
  chunkValues: number,
): Generator<Range> {
  let begin = 0;
  let offset = 0;
  const chunks = function* (end: number): Generator<Range> {
    for (let at = begin; at < end; at += chunkValues) yield { offset: at, length: Math.min(chunkValues, end - at) };
  };
  for (const spec of specs) {
    const length = elements(spec);
    if (replaced.has(offset) && length > 0) {
      yield* chunks(offset);
      yield { offset, length };
      begin = offset + length;
    }
    offset += length;
  }
  yield* chunks(offset);
}

function rangeOf(specs: readonly TensorSpec[], name: string): Range {
  let offset = 0;
  for (const spec of specs) {
    const length = elements(spec);
    if (spec.name === name) return { offset, length };
    offset += length;
  }
  throw coreError("WEIGHTS_LAYOUT", `tensor ${name} is missing`);
}
