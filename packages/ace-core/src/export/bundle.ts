import { createHash } from "node:crypto";
import { z } from "zod";
import { coreError, deepFreeze } from "../foundation/index.js";
import { briefPlan, publicKeySchema } from "../protocol/index.js";
import type { PublicKey } from "../protocol/index.js";
import { decodeSafetensors, encodeHeader, tensorBytes } from "../tensors/index.js";
import type { DecodedWeights, TensorSpec, WeightSet } from "../tensors/index.js";
import { modelCardSchema } from "./card.js";
import type { ModelCard } from "./card.js";
import { parseKnown, strangePlaces } from "./known.js";

/** Value of `format` in the metadata of a bundle. */
const BUNDLE_FORMAT = "fedace-bundle";

/** What belongs to the weights in a bundle. */
export interface BundleParts {
  readonly card: ModelCard;
  /** Compact JWS (EdDSA) over {@link signingPayload}. */
  readonly signature: string;
  /** The public key of the coordinator that signed; trust it only if it is the one you know. */
  readonly key: PublicKey;
}

/** A bundle as read. Nothing in it is verified until `signature` is, over exactly `payload`. */
export interface Bundle extends BundleParts {
  readonly weights: WeightSet;
  /** Where the card says what this version does not know: a newer one wrote it. It is left out of `card`. */
  readonly unknown: readonly string[];
  /** The bytes that the signature must be over. */
  readonly payload: Uint8Array;
}

const metadataSchema = z.strictObject({
  format: z.literal(BUNDLE_FORMAT),
  "fedace.card": z.string(),
  "fedace.signature": z
    .string()
    .max(4096)
    .regex(/^[\w-]+\.[\w-]+\.[\w-]+$/),
  "fedace.key": z.string().max(512),
});

/** Bytes that are hashed at once: Node takes no more than 2 GiB. */
const HASH_BYTES = 64 * 2 ** 20;

function sha256(data: string | Uint8Array): string {
  const hash = createHash("sha256");
  const bytes = typeof data === "string" ? new TextEncoder().encode(data) : data;
  for (let at = 0; at < bytes.length; at += HASH_BYTES) hash.update(bytes.subarray(at, at + HASH_BYTES));
  return hash.digest("hex");
}

/** SHA-256 of all tensor values as they lie in a file, for {@link ModelCard} `tensors`. */
export function tensorsDigest(weights: WeightSet): string {
  return sha256(tensorBytes(weights));
}

/**
 * What the coordinator signs: digests of the card, of the tensors' names and shapes, and of their values (which the
 * card holds). Needs no tensor values, so that large files can be published as a stream.
 */
export function signingPayload(card: ModelCard, specs: readonly TensorSpec[]): Uint8Array {
  return payloadOf(cardText(card), card, specs);
}

/** A card as it lies in the file: without what the first version did not know, where that is as usual. */
function cardText(card: ModelCard): string {
  const isUsual = ([key, value]: [string, unknown]): boolean => key === "architecture" && value === "unet";
  const model = Object.fromEntries(Object.entries(card.model).filter((entry) => !isUsual(entry)));
  return JSON.stringify({ ...card, model, plan: briefPlan(card.plan) });
}

function payloadOf(cardJson: string, card: ModelCard, specs: readonly TensorSpec[]): Uint8Array {
  const layout = JSON.stringify(specs.map(({ name, shape }) => [name, shape]));
  const payload = { format: BUNDLE_FORMAT, card: sha256(cardJson), layout: sha256(layout), tensors: card.tensors };
  return new TextEncoder().encode(JSON.stringify(payload));
}

/** The head of a bundle file; the values of all tensors follow it directly. */
export function bundleHeader(specs: readonly TensorSpec[], parts: BundleParts): Uint8Array {
  return encodeHeader(specs, {
    format: BUNDLE_FORMAT,
    "fedace.card": cardText(parts.card),
    "fedace.signature": parts.signature,
    "fedace.key": JSON.stringify(parts.key),
  });
}

/** A whole bundle: one safetensors file that any reader of that format opens. */
export function assembleBundle(weights: WeightSet, parts: BundleParts): Uint8Array {
  const header = bundleHeader(weights.specs, parts);
  const bytes = new Uint8Array(header.length + weights.data.byteLength);
  bytes.set(header);
  bytes.set(tensorBytes(weights), header.length);
  return bytes;
}

/**
 * Reads a bundle and checks that its parts belong together. The signature is for the caller to verify.
 *
 * @throws BUNDLE_NEWER if it cannot be used without what only a newer version knows.
 * @throws BUNDLE_INVALID if it is no bundle, a part is missing, or the weights are not those of the card.
 */
export function readBundle(bytes: Uint8Array): Bundle {
  return bundleOf(decode(bytes));
}

/**
 * The same for a file that has been decoded: large ones are read in parts.
 *
 * @throws BUNDLE_INVALID
 */
export function bundleOf({ weights, metadata }: DecodedWeights): Bundle {
  if (metadata["format"] !== BUNDLE_FORMAT) {
    throw invalid("this is a safetensors file, but not a model bundle: its metadata has no format fedace-bundle");
  }
  const parsed = metadataSchema.safeParse(metadata);
  if (!parsed.success) throw invalid(`the bundle's metadata is wrong: ${explain(parsed.error)}`);
  const cardJson = parsed.data["fedace.card"];
  const written = json(cardJson, "model card");
  const { result: card, unknown } = parseKnown(modelCardSchema, written, isSpared);
  if (!card.success) throw refusal(written, card.error);
  const key = publicKeySchema.safeParse(json(parsed.data["fedace.key"], "key"));
  if (!key.success) throw invalid(`the bundle's key is wrong: ${explain(key.error)}`);
  if (tensorsDigest(weights) !== card.data.tensors) {
    throw invalid("the bundle's weights are not those its model card describes: the file is damaged or was changed");
  }
  return {
    card: deepFreeze(card.data),
    key: key.data,
    signature: parsed.data["fedace.signature"],
    unknown,
    weights,
    payload: payloadOf(cardJson, card.data, weights.specs),
  };
}

/**
 * Whether a model can be used without what a newer version wrote there: everywhere but where the card says how images are
 * prepared and what the network is. Words may be new in the plan alone, which says how the model was made.
 */
function isSpared([part]: readonly PropertyKey[], strange: "field" | "word"): boolean {
  return strange === "word" ? part === "plan" : !NEEDED.includes(part ?? "");
}

/** What a model cannot be used without, word for word. */
const NEEDED: readonly PropertyKey[] = ["version", "preprocessing", "model", "patch"];

/** A card that cannot be read, because it is wrong or because it is newer. */
function refusal(written: unknown, error: z.ZodError): Error {
  const newer = strangePlaces(written, error).filter(({ path: [part] }) => NEEDED.includes(part ?? ""));
  if (newer.length === 0) return invalid(`the bundle's model card is wrong: ${explain(error)}`);
  const names = newer.map(({ path }) => path.join(".")).join(", ");
  const { product } = written as { product?: unknown };
  const writer = typeof product === "string" ? product.slice(0, 64) : "another version";
  return coreError("BUNDLE_NEWER", `The bundle was written by ${writer}; this version does not know its ${names}.`);
}

function decode(bytes: Uint8Array): DecodedWeights {
  try {
    return decodeSafetensors(bytes);
  } catch (cause) {
    throw noBundle(cause);
  }
}

/** The error for a file that cannot even be decoded. */
export function noBundle(cause: unknown): Error {
  return invalid(`this is not a model bundle: ${cause instanceof Error ? cause.message : "unreadable"}`, cause);
}

function json(text: string, what: string): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw invalid(`the bundle's ${what} is not JSON`, cause);
  }
}

function explain(error: z.ZodError): string {
  return error.issues.map((issue) => `${issue.path.join(".")}: ${issue.message}`).join("; ");
}

function invalid(message: string, cause?: unknown): Error {
  return coreError("BUNDLE_INVALID", message, { cause });
}
