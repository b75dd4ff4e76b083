import { LIMITS } from "@fedace/ace-core/protocol";
import type { SiteMessageName } from "@fedace/ace-core/protocol";

/** Messages of one connection that may wait for their turn: a few times the window of an upload. */
export const PENDING_MESSAGES = 8 * LIMITS.chunkWindow;

/**
 * Messages of each kind that a site may send within {@link LIMITS.messageWindowMs}. Those with data: 500 MiB/s, more
 * than a line of 4 Gbit/s. Of the others an honest site sends a handful a round; each may cost a transaction.
 */
export const MESSAGE_RATES: Readonly<Record<SiteMessageName | "unknown", number>> = {
  manifest: 60,
  progress: 200,
  "model.read": 5000,
  "update.begin": 60,
  "update.chunk": 5000,
  "update.end": 60,
  evaluation: 60,
  decline: 60,
  leave: 60,
  unknown: 60,
};

/** Connections that a site may open within {@link LIMITS.messageWindowMs}; an honest one waits half a second and more. */
export const CONNECTION_RATE = 20;

/** Counts in windows of {@link LIMITS.messageWindowMs}. */
class Rate {
  readonly #limit: number;
  #begin = 0;
  #count = 0;

  constructor(limit: number) {
    this.#limit = limit;
  }

  admit(now: number): boolean {
    // A clock that was set back begins a new window as well.
    if (now - this.#begin >= LIMITS.messageWindowMs || now < this.#begin) {
      this.#begin = now;
      this.#count = 0;
    }
    this.#count += 1;
    return this.#count <= this.#limit;
  }
}

/** What one site sends, over all its connections: coming back does not begin a new window. Times are milliseconds. */
export class SiteRates {
  readonly #kinds = new Map<string, Rate>();
  readonly #packets = new Rate(LIMITS.messages);
  readonly #connections = new Rate(CONNECTION_RATE);

  /** Whether the site may open another connection. */
  connect(now: number): boolean {
    return this.#connections.admit(now);
  }

  /** Whether another packet, whatever it is, is bearable; a site that sends more is cut. */
  packet(now: number): boolean {
    return this.#packets.admit(now);
  }

  /** Whether another message of this kind is answered. */
  message(kind: SiteMessageName | "unknown", now: number): boolean {
    const rate = this.#kinds.get(kind) ?? new Rate(MESSAGE_RATES[kind]);
    this.#kinds.set(kind, rate);
    return rate.admit(now);
  }
}
