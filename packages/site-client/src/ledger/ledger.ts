import {
  closeSync,
  existsSync,
  fstatSync,
  fsyncSync,
  ftruncateSync,
  openSync,
  readFileSync,
  truncateSync,
  writeFileSync,
} from "node:fs";
import type { Clock, Logger } from "@fedace/ace-core/foundation";
import { CHAIN_START } from "@fedace/ace-core/host";
import type { SigningKey } from "@fedace/ace-core/host";
import { siteError } from "../errors.js";
import { entryHash } from "./entry.js";
import type { LedgerEntry, LedgerKind } from "./entry.js";
import { parseLines } from "./verify.js";

/** The record of what left the site: one signed line per message that carried numbers or weights. */
export interface Ledger {
  /**
   * Adds a line and forces it to the disk before it resolves.
   *
   * @throws SITE_DISK if the whole line cannot be written; the file is then as it was
   */
  append(kind: LedgerKind, what: Readonly<Record<string, unknown>>): Promise<LedgerEntry>;
  /** The last line of a kind that `matches`, if there is one. */
  last(kind: LedgerKind, matches?: (what: LedgerEntry["what"]) => boolean): LedgerEntry | undefined;
}

export interface LedgerParts {
  readonly key: SigningKey;
  readonly clock: Clock;
  readonly logger: Logger;
}

/**
 * Opens the ledger file, made where it is missing. A last line that a crash cut short was never followed by a
 * message, so it is dropped with a warning.
 *
 * @throws LEDGER_BROKEN if the chain of the lines there does not hold
 */
export function openLedger(path: string, parts: LedgerParts): Ledger {
  const text = existsSync(path) ? readFileSync(path, "utf8") : "";
  const whole = text.slice(0, text.lastIndexOf("\n") + 1);
  if (whole.length < text.length) {
    parts.logger.warn("the last line of the ledger was cut short by a crash and is dropped");
    truncateSync(path, Buffer.byteLength(whole));
  }
  const entries = parseLines(whole);
  let tail: Promise<unknown> = Promise.resolve();
  const add = async (kind: LedgerKind, what: Readonly<Record<string, unknown>>): Promise<LedgerEntry> => {
    const head = {
      seq: entries.length + 1,
      time: new Date(parts.clock.now()).toISOString(),
      kind,
      what: JSON.parse(JSON.stringify(what)) as Record<string, unknown>,
      prev: entries.at(-1)?.hash ?? CHAIN_START,
    };
    const hash = entryHash(head);
    const entry: LedgerEntry = { ...head, hash, signature: await parts.key.sign({ hash }) };
    appendLine(path, JSON.stringify(entry));
    entries.push(entry);
    return entry;
  };
  return {
    append: (kind, what) => {
      const added = tail.then(() => add(kind, what));
      tail = added.catch(() => undefined);
      return added;
    },
    last: (kind, matches = () => true) => entries.findLast((entry) => entry.kind === kind && matches(entry.what)),
  };
}

/** Writes the whole line or none of it: a half line would break the chain for every line after it. */
function appendLine(path: string, line: string): void {
  let file: number | undefined;
  try {
    file = openSync(path, "a", 0o600);
    const before = fstatSync(file).size;
    try {
      writeFileSync(file, `${line}\n`);
      fsyncSync(file);
    } catch (error) {
      ftruncateSync(file, before);
      throw error;
    }
  } catch (cause) {
    throw siteError("SITE_DISK", `The receipt cannot be written: ${(cause as Error).message}.`, { cause });
  } finally {
    if (file !== undefined) closeSync(file);
  }
}
