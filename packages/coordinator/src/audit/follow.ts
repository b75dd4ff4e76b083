import type { Logger } from "@fedace/ace-core/foundation";
import { auditEntries, lastEntry } from "../records/index.js";
import type { AuditEntry } from "../records/index.js";
import type { Sql } from "../store/index.js";
import { factsText } from "./text.js";

/** Events that an operator has to know of although they carry no code. */
const ALARMING: readonly string[] = [
  "round.quorum-missed",
  "site.left",
  "site.revoked",
  "site.two-clients",
  "update.lost",
];

/** A SHA-256; its beginning tells two apart, and `audit list` has the whole. */
const CHECKSUM = /\b([0-9a-f]{12})[0-9a-f]{52}\b/g;

/**
 * Says on the server's log what the audit log gains from now on, whoever writes it: the server itself or a command.
 *
 * @returns looks once; called often, it costs one look at the end of an index.
 */
export async function followAudit(sql: Sql, logger: Logger): Promise<() => Promise<void>> {
  let seen = await lastEntry(sql);
  return async () => {
    for await (const entry of auditEntries(sql, seen)) {
      seen = entry.sequence;
      const facts = factsText(entry.fields).replaceAll(CHECKSUM, "$1…");
      logger[levelOf(entry)](`${entry.event} ${facts}`, entry.fields);
    }
  };
}

function levelOf({ event, fields }: AuditEntry): "info" | "warn" {
  return fields["code"] !== undefined || ALARMING.includes(event) ? "warn" : "info";
}
