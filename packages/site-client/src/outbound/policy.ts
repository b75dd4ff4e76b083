import { SITE_MESSAGES } from "@fedace/ace-core/protocol";
import type { SiteMessage, SiteMessageName } from "@fedace/ace-core/protocol";
import { siteError } from "../errors.js";
import type { Vocabulary } from "./vocabulary.js";

const SHA256 = /^[0-9a-f]{64}$/;
/** A label value as the key of a label map. */
const INTEGER = /^-?\d{1,10}$/;

/**
 * The words of a value that the vocabulary does not hold, with their places. A checksum may stand under `sha256`, a
 * label value as a key under `values`; bytes only as the `data` of a chunk.
 */
function strangers(value: unknown, place: string, vocabulary: Vocabulary): string[] {
  if (value === null || typeof value === "boolean") return [];
  if (typeof value === "number") return Number.isFinite(value) ? [] : [place];
  if (typeof value === "string") {
    const checksum = place.endsWith(".sha256") && SHA256.test(value);
    return checksum || vocabulary.has(value) ? [] : [place];
  }
  if (typeof value !== "object") return [place];
  if (ArrayBuffer.isView(value)) return place === "update.chunk.data" ? [] : [place];
  if (Array.isArray(value)) return value.flatMap((item) => strangers(item, place, vocabulary));
  return Object.entries(value).flatMap(([key, inner]) => {
    const known = vocabulary.has(key) || (place.endsWith(".values") && INTEGER.test(key));
    return known ? strangers(inner, `${place}.${key}`, vocabulary) : [`a key of ${place}`];
  });
}

/**
 * Lets a message through, or not: default deny. It must be one of the protocol's, exactly as its strict schema says,
 * and every word in it must be in the vocabulary.
 *
 * @returns the message to send
 * @throws OUTBOUND_REFUSED naming the place, never the word
 */
export function admit<N extends SiteMessageName>(
  name: N,
  payload: SiteMessage<N>,
  vocabulary: Vocabulary,
): SiteMessage<N> {
  if (!Object.hasOwn(SITE_MESSAGES, name)) {
    throw siteError("OUTBOUND_REFUSED", "A message that the protocol does not have was not sent.");
  }
  const parsed = SITE_MESSAGES[name].safeParse(payload);
  if (!parsed.success) {
    const places = parsed.error.issues.map((issue) => `${issue.path.join(".") || "message"} (${issue.code})`);
    throw siteError(
      "OUTBOUND_REFUSED",
      `A ${name} message was not sent: ${places.join(", ")} not as the protocol says.`,
    );
  }
  const unknown = strangers(parsed.data, name, vocabulary);
  if (unknown.length > 0) {
    throw siteError(
      "OUTBOUND_REFUSED",
      `A ${name} message was not sent: ${unknown.join(", ")} outside the vocabulary.`,
    );
  }
  return parsed.data as SiteMessage<N>;
}
