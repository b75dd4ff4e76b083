import { createHash } from "node:crypto";
import { Chain, CHAIN_START } from "@fedace/ace-core/host";
import { coordinatorError } from "../errors.js";
import type { Sql, SqlRow } from "../store/index.js";
import { integer, text } from "./row.js";

/** Facts of an entry: what a site declared, what the operator did, what the coordinator decided. */
export type AuditFields = Readonly<Record<string, string | number | boolean | null | readonly string[]>>;

/** One entry of the log. Each holds the hash of the one before it, so that none can be changed or taken out unseen. */
export interface AuditEntry {
  readonly sequence: number;
  /** Unix milliseconds. */
  readonly at: number;
  readonly event: string;
  readonly fields: AuditFields;
  readonly previous: string;
  readonly hash: string;
}

/** Entries that are read at once. */
const BATCH = 1000;

/** Writes an entry in the transaction of what it tells about. */
export async function record(sql: Sql, at: number, event: string, fields: AuditFields): Promise<void> {
  const last = await sql.get(`SELECT sequence, hash FROM audit ORDER BY sequence DESC LIMIT 1`);
  const sequence = last === undefined ? 1 : integer(last, "sequence") + 1;
  const previous = last === undefined ? CHAIN_START : text(last, "hash");
  const json = JSON.stringify(fields);
  const insert = `INSERT INTO audit (sequence, at, event, fields, previous, hash) VALUES (?, ?, ?, ?, ?, ?)`;
  await sql.run(insert, sequence, at, event, json, previous, hashOf(sequence, at, event, json, previous));
}

/** Number of the newest entry, 0 where there is none. */
export async function lastEntry(sql: Sql): Promise<number> {
  const last = await sql.get(`SELECT sequence FROM audit ORDER BY sequence DESC LIMIT 1`);
  return last === undefined ? 0 : integer(last, "sequence");
}

/** Entries from `after` (exclusive) on, oldest first: however many there are, only some are held at a time. */
export async function* auditEntries(sql: Sql, after = 0): AsyncGenerator<AuditEntry> {
  for (let last = after; ;) {
    const rows = await sql.all(`SELECT * FROM audit WHERE sequence > ? ORDER BY sequence LIMIT ?`, last, BATCH);
    for (const row of rows) {
      const entry = columns(row);
      yield { ...entry, fields: JSON.parse(text(row, "fields")) as AuditFields };
      last = entry.sequence;
    }
    if (rows.length < BATCH) return;
  }
}

/**
 * Recomputes the whole chain.
 *
 * @returns number of entries and the hash of the last. Kept elsewhere, that hash shows later whether the end was cut.
 * @throws AUDIT_BROKEN naming the first entry that does not fit.
 */
export async function verifyAudit(sql: Sql): Promise<{ readonly entries: number; readonly head: string }> {
  const chain = new Chain();
  for (;;) {
    const rows = await sql.all(`SELECT * FROM audit WHERE sequence > ? ORDER BY sequence LIMIT ?`, chain.length, BATCH);
    for (const row of rows) {
      const { sequence, at, event, previous, hash } = columns(row);
      const computed = hashOf(sequence, at, event, text(row, "fields"), previous);
      if (chain.follow({ sequence, previous, hash }, computed) === undefined) continue;
      const entry = chain.length + 1;
      const message = `Entry ${entry} of the audit log is missing or was changed; ${chain.length} entries before it are sound.`;
      throw coordinatorError("AUDIT_BROKEN", message, { fields: { entry } });
    }
    if (rows.length < BATCH) return { entries: chain.length, head: chain.head };
  }
}

function columns(row: SqlRow): Omit<AuditEntry, "fields"> {
  return {
    sequence: integer(row, "sequence"),
    at: integer(row, "at"),
    event: text(row, "event"),
    previous: text(row, "previous"),
    hash: text(row, "hash"),
  };
}

/** SHA-256 over the entry as a JSON array, which leaves no doubt where one field ends. */
function hashOf(sequence: number, at: number, event: string, fields: string, previous: string): string {
  return createHash("sha256")
    .update(JSON.stringify([sequence, at, event, fields, previous]))
    .digest("hex");
}
