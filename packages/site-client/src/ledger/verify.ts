import { Chain, thumbprint, unverifiedKeyId, verifyJws } from "@fedace/ace-core/host";
import type { ChainFault } from "@fedace/ace-core/host";
import type { PublicKey } from "@fedace/ace-core/protocol";
import { siteError } from "../errors.js";
import { entryHash, entrySchema } from "./entry.js";
import type { LedgerEntry } from "./entry.js";

function broken(line: number, why: string): Error {
  return siteError("LEDGER_BROKEN", `Line ${line} of the ledger ${why}.`, { fields: { line } });
}

function faultText(fault: ChainFault, sequence: number): string {
  return {
    number: `bears the number ${sequence}`,
    order: "does not follow the line before it",
    content: "has been changed",
  }[fault];
}

/**
 * Reads a ledger's lines and checks their chain: no line was changed, taken out, added or moved. A tail that was cut
 * off whole cannot be seen from the chain; the coordinator's own record shows it.
 *
 * @throws LEDGER_BROKEN naming the first line that does not fit
 */
export function parseLines(text: string): LedgerEntry[] {
  const lines = text.split("\n");
  if (lines.at(-1) === "") lines.pop();
  const chain = new Chain();
  return lines.map((line, i) => {
    let value: unknown;
    try {
      value = JSON.parse(line);
    } catch {
      throw broken(i + 1, "is not JSON");
    }
    const parsed = entrySchema.safeParse(value);
    if (!parsed.success) throw broken(i + 1, "is no ledger entry");
    const entry = parsed.data;
    const { seq: sequence, prev: previous, hash } = entry;
    const fault = chain.follow({ sequence, previous, hash }, entryHash(entry));
    if (fault !== undefined) throw broken(i + 1, faultText(fault, sequence));
    return entry;
  });
}

/**
 * Checks a whole ledger: its chain, and each line's signature by one of the site's keys.
 *
 * @throws LEDGER_BROKEN naming the first line that does not fit
 */
export async function verifyLedger(text: string, keys: readonly PublicKey[]): Promise<LedgerEntry[]> {
  const entries = parseLines(text);
  const known = new Map(await Promise.all(keys.map(async (key) => [await thumbprint(key), key] as const)));
  for (const [i, entry] of entries.entries()) {
    const key = known.get(unverifiedKeyId(entry.signature) ?? "");
    const verified = key === undefined ? undefined : await verifyJws(entry.signature, key);
    const signed = verified?.ok === true ? (verified.payload as { hash?: unknown } | null)?.hash : undefined;
    if (signed !== entry.hash) throw broken(i + 1, "is not signed by a key of this site");
  }
  return entries;
}
