import { createHash } from "node:crypto";
import { z } from "zod";

const sha256 = z.string().regex(/^[0-9a-f]{64}$/);

/** One line of the ledger. */
export const entrySchema = z.strictObject({
  /** From 1, without gaps. */
  seq: z.int().min(1),
  /** ISO 8601. */
  time: z.iso.datetime(),
  /** What left the site. */
  kind: z.enum(["manifest", "update", "counted", "evaluation", "decline", "leave"]),
  /** Every number and word that was sent; for an update its bytes and SHA-256 in place of the weights. */
  what: z.record(z.string(), z.unknown()),
  /** `hash` of the line before, zeros in the first line. */
  prev: sha256,
  /** SHA-256 over the JSON of the fields above, in this order. */
  hash: sha256,
  /** Compact JWS by the site's key over `{"hash": …}`. */
  signature: z.string().max(1024),
});
export type LedgerEntry = z.output<typeof entrySchema>;
export type LedgerKind = LedgerEntry["kind"];

/** The hash of an entry: SHA-256 of the JSON of its fields up to `prev`. */
export function entryHash(entry: Omit<LedgerEntry, "hash" | "signature">): string {
  const { seq, time, kind, what, prev } = entry;
  return createHash("sha256").update(JSON.stringify({ seq, time, kind, what, prev })).digest("hex");
}
