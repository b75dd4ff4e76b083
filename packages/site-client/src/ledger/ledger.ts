import {
  closeSync,
  existsSync,
  fstatSync,
  fsyncSync,
  ftruncateSync,
  openSync,
  readFileSync,
  statSync,
  truncateSync,
  writeFileSync,
} from "node:fs";
import { dirname } from "node:path";
import type { Clock, Logger } from "@fedace/ace-core/foundation";
import { CHAIN_START, syncFolder } from "@fedace/ace-core/host";
import type { SigningKey } from "@fedace/ace-core/host";
import type { PublicKey } from "@fedace/ace-core/protocol";
import { siteError } from "../errors.js";
import { entryHash } from "./entry.js";
import type { LedgerEntry, LedgerKind } from "./entry.js";
import { parseLines, verifyLedger } from "./verify.js";

/** The record of what left the site: one signed line per message that carried numbers or weights. */
export interface Ledger {
  /**
   * Adds a line and forces it to the disk before it resolves.
   *
   * @throws LEDGER_BROKEN if the file is not as this process left it; nothing may be sent any more
   * @throws SITE_DISK if the whole line cannot be written; the file is then as it was
   */
  append(kind: LedgerKind, what: Readonly<Record<string, unknown>>): Promise<LedgerEntry>;
  /** The last line of a kind that `matches`, if there is one. */
  last(kind: LedgerKind, matches?: (what: LedgerEntry["what"]) => boolean): LedgerEntry | undefined;
}

interface LedgerParts {
  readonly key: SigningKey;
  /** The public keys that this site has had; each line is signed by one of them. */
  readonly keys: readonly PublicKey[];
  readonly clock: Clock;
  readonly logger: Logger;
}

/**
 * Opens the ledger file, made where it is missing, and checks it whole. A last line that a crash cut short was never
 * followed by a message, so it is dropped with a warning.
 *
 * @throws LEDGER_BROKEN if the chain of the lines there, or a signature, does not hold
 */
export async function openLedger(path: string, parts: LedgerParts): Promise<Ledger> {
  const text = existsSync(path) ? readFileSync(path, "utf8") : "";
  const whole = text.slice(0, text.lastIndexOf("\n") + 1);
  if (whole.length < text.length) {
    parts.logger.warn("the last line of the ledger was cut short by a crash and is dropped");
    truncateSync(path, Buffer.byteLength(whole));
  }
  const entries = await verifyLedger(whole, parts.keys);
  const file = new LedgerFile(path);
  let tail: Promise<unknown> = Promise.resolve();
  const add = async (kind: LedgerKind, what: Readonly<Record<string, unknown>>): Promise<LedgerEntry> => {
    file.requireUntouched(entries.at(-1)?.hash ?? CHAIN_START);
    const head = {
      seq: entries.length + 1,
      time: new Date(parts.clock.now()).toISOString(),
      kind,
      what: JSON.parse(JSON.stringify(what)) as Record<string, unknown>,
      prev: entries.at(-1)?.hash ?? CHAIN_START,
    };
    const hash = entryHash(head);
    const entry: LedgerEntry = { ...head, hash, signature: await parts.key.sign({ hash }) };
    file.append(JSON.stringify(entry));
    if (entry.seq === 1) await syncFolder(dirname(path));
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

/** The file, and what it looked like when this process last had it in hand. */
class LedgerFile {
  readonly #path: string;
  #seen: string;

  constructor(path: string) {
    this.#path = path;
    this.#seen = looks(path);
  }

  /**
   * Sees that the file is as this process left it. That is cheap: its length and times. Where those differ (a backup may
   * have touched it) the whole chain is checked again, and has to end with the same line.
   *
   * @throws LEDGER_BROKEN
   */
  requireUntouched(head: string): void {
    const now = looks(this.#path);
    if (now === this.#seen) return;
    const lines = parseLines(existsSync(this.#path) ? readFileSync(this.#path, "utf8") : "");
    if ((lines.at(-1)?.hash ?? CHAIN_START) !== head) {
      throw siteError(
        "LEDGER_BROKEN",
        `The ledger ends with line ${lines.length}, which is not the last one written.`,
        {
          fields: { line: lines.length },
        },
      );
    }
    this.#seen = now;
  }

  /** Writes the whole line or none of it: a half line would break the chain for every line after it. */
  append(line: string): void {
    let file: number | undefined;
    try {
      file = openSync(this.#path, "a", 0o600);
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
      this.#seen = looks(this.#path);
    }
  }
}

/** Which file it is, how long, and when it was changed, to the nanosecond. */
function looks(path: string): string {
  const found = statSync(path, { bigint: true, throwIfNoEntry: false });
  return found === undefined ? "" : [found.ino, found.size, found.mtimeNs, found.ctimeNs].join(" ");
}
