import type { PublicKey } from "@fedace/ace-core/protocol";
import { compactVerify, decodeProtectedHeader, importJWK } from "jose";
import { siteError } from "../errors.js";
import { SIGNATURE, thumbprint } from "../identity/index.js";
import { entryHash, entrySchema, FIRST_PREV } from "./entry.js";
import type { LedgerEntry } from "./entry.js";

function broken(line: number, why: string): Error {
  return siteError("LEDGER_BROKEN", `Line ${line} of the ledger ${why}.`, { fields: { line } });
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
  let prev = FIRST_PREV;
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
    if (entry.seq !== i + 1) throw broken(i + 1, `bears the number ${entry.seq}`);
    if (entry.prev !== prev) throw broken(i + 1, "does not follow the line before it");
    if (entry.hash !== entryHash(entry)) throw broken(i + 1, "has been changed");
    prev = entry.hash;
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
    try {
      const key = known.get(decodeProtectedHeader(entry.signature).kid ?? "");
      if (key === undefined) throw new Error("unknown key");
      const { payload } = await compactVerify(entry.signature, await importJWK(key, SIGNATURE), {
        algorithms: [SIGNATURE],
      });
      const { hash } = JSON.parse(new TextDecoder().decode(payload)) as { hash?: unknown };
      if (hash !== entry.hash) throw new Error("signature of another line");
    } catch {
      throw broken(i + 1, "is not signed by a key of this site");
    }
  }
  return entries;
}
