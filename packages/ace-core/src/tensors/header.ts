import { z } from "zod";
import { coreError } from "../foundation/index.js";
import { LIMITS } from "../protocol/index.js";
import { elements } from "./layout.js";
import type { TensorSpec } from "./types.js";

/** The length field that a safetensors file begins with: an unsigned 64-bit little-endian integer. */
export const LENGTH_BYTES = 8;
/** Tensor data begins at a multiple of this many bytes. */
const ALIGNMENT = 8;
const METADATA = "__metadata__";
const BYTES_PER_VALUE = 4;

/** What the head of a safetensors file says. */
export interface SafetensorsHeader {
  /** Names and shapes in the order in which the values lie in the file. */
  readonly specs: readonly TensorSpec[];
  readonly metadata: Readonly<Record<string, string>>;
  /** Where the values begin, bytes from the start of the file. */
  readonly dataOffset: number;
  /** Length of all values, bytes. */
  readonly dataBytes: number;
}

const tensorSchema = z.strictObject({
  dtype: z.literal("F32"),
  shape: z.array(z.int().min(0)).max(16),
  data_offsets: z.tuple([z.int().min(0), z.int().min(0)]),
});
const metadataSchema = z.record(z.string(), z.string());

/**
 * The head of a safetensors file: length, JSON, spaces up to a multiple of 8 bytes. The values follow it directly.
 *
 * @throws WEIGHTS_MALFORMED if it would be longer than a reader accepts ({@link LIMITS.headerBytes}).
 */
export function encodeHeader(specs: readonly TensorSpec[], metadata: Readonly<Record<string, string>>): Uint8Array {
  let offset = 0;
  const tensors = specs.map((spec) => {
    const begin = offset;
    offset += elements(spec) * BYTES_PER_VALUE;
    return `${JSON.stringify(spec.name)}:${JSON.stringify({ dtype: "F32", shape: spec.shape, data_offsets: [begin, offset] })}`;
  });
  const noted = Object.keys(metadata).length === 0 ? [] : [`"${METADATA}":${JSON.stringify(metadata)}`];
  const json = new TextEncoder().encode(`{${[...noted, ...tensors].join(",")}}`);
  const length = Math.ceil(json.length / ALIGNMENT) * ALIGNMENT;
  if (length > LIMITS.headerBytes) throw malformed(`its header would take ${length} bytes`);
  const bytes = new Uint8Array(LENGTH_BYTES + length).fill(0x20);
  new DataView(bytes.buffer).setBigUint64(0, BigInt(length), true);
  bytes.set(json, LENGTH_BYTES);
  return bytes;
}

/**
 * Where the values begin, from the first 8 bytes of a file: as many bytes must be read for {@link parseHeader}.
 *
 * @param limit longest header accepted, bytes; {@link LIMITS.headerBytes} by default.
 * @throws WEIGHTS_MALFORMED
 */
export function dataOffsetOf(bytes: Uint8Array, limit: number = LIMITS.headerBytes): number {
  if (bytes.length < LENGTH_BYTES) throw malformed(`it ends after ${bytes.length} bytes`);
  const length = new DataView(bytes.buffer, bytes.byteOffset, LENGTH_BYTES).getBigUint64(0, true);
  if (length > BigInt(limit))
    throw malformed(`its header claims ${length.toString()} bytes; at most ${limit} are read`);
  return LENGTH_BYTES + Number(length);
}

/**
 * Reads and checks the head of a safetensors file: strict JSON without repeated keys, float32 tensors only, their
 * values one after the other without gap or overlap up to the end of the file.
 *
 * @param bytes the file, or at least its first {@link dataOffsetOf} bytes.
 * @param options.totalBytes length of the whole file; that of `bytes` by default.
 * @param options.headerBytes longest header accepted; {@link LIMITS.headerBytes} by default.
 * @throws WEIGHTS_MALFORMED saying what is wrong, and with which tensor.
 */
export function parseHeader(
  bytes: Uint8Array,
  options: { readonly totalBytes?: number; readonly headerBytes?: number } = {},
): SafetensorsHeader {
  const dataOffset = dataOffsetOf(bytes, options.headerBytes);
  const totalBytes = options.totalBytes ?? bytes.length;
  if (dataOffset > Math.min(totalBytes, bytes.length)) {
    throw malformed(`its header claims ${dataOffset - LENGTH_BYTES} bytes, the file has ${totalBytes}`);
  }
  const root = parseJson(bytes.subarray(LENGTH_BYTES, dataOffset));
  const metadata = metadataSchema.safeParse(root.get(METADATA) ?? {});
  if (!metadata.success) throw malformed("its metadata is not a table of strings");
  const tensors = [...root].flatMap(([name, entry]) => (name === METADATA ? [] : [tensor(name, entry)]));
  tensors.sort((a, b) => a.begin - b.begin || a.end - b.end);
  let end = 0;
  for (const { name, begin, end: next } of tensors) {
    if (begin !== end) throw malformed(`tensor ${name} begins at byte ${begin} of the values instead of ${end}`);
    end = next;
  }
  if (dataOffset + end !== totalBytes) {
    throw malformed(`its tensors need ${dataOffset + end} bytes in all, the file has ${totalBytes}`);
  }
  const specs = tensors.map(({ name, shape }) => ({ name, shape }));
  return { specs, metadata: metadata.data, dataOffset, dataBytes: end };
}

function tensor(name: string, entry: unknown): TensorSpec & { begin: number; end: number } {
  const parsed = tensorSchema.safeParse(entry);
  if (!parsed.success) {
    const issue = parsed.error.issues[0];
    throw malformed(`tensor ${name}: ${issue?.path.join(".") ?? ""} ${issue?.message ?? ""}`);
  }
  const [begin, end] = parsed.data.data_offsets;
  const length = elements(parsed.data) * BYTES_PER_VALUE;
  if (end - begin !== length) {
    throw malformed(
      `tensor ${name} of shape [${parsed.data.shape.join(", ")}] needs ${length} bytes, not ${end - begin}`,
    );
  }
  return { name, shape: parsed.data.shape, begin, end };
}

function parseJson(bytes: Uint8Array): Map<string, unknown> {
  let text: string;
  let value: unknown;
  try {
    text = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
    value = JSON.parse(text);
  } catch (cause) {
    throw malformed("its header is not JSON", cause);
  }
  if (!text.startsWith("{") || typeof value !== "object" || value === null) throw malformed("its header is no object");
  const twice = repeatedKey(text);
  if (twice !== undefined) throw malformed(`its header has the key ${twice} twice`);
  return new Map(Object.entries(value));
}

/** The first key that an object of a (valid) JSON text has twice. JSON.parse would keep the last without a word. */
function repeatedKey(json: string): string | undefined {
  const open: Set<string>[] = [];
  let string = "";
  for (const [token] of json.matchAll(/"(?:[^"\\]|\\.)*"|[{}:]/g)) {
    if (token === "{") open.push(new Set());
    else if (token === "}") open.pop();
    else if (token !== ":") string = token;
    else {
      const key = JSON.parse(string) as string;
      if (open.at(-1)?.has(key) === true) return key;
      open.at(-1)?.add(key);
    }
  }
  return undefined;
}

function malformed(what: string, cause?: unknown): Error {
  return coreError("WEIGHTS_MALFORMED", `this is not a well-formed safetensors file: ${what}`, { cause });
}
