import { LIMITS } from "@fedace/ace-core/protocol";

/** Messages of one connection that may wait for their turn: a few times the window of an upload. */
export const PENDING_MESSAGES = 8 * LIMITS.chunkWindow;

/** Counts the messages of one connection in windows of {@link LIMITS.messageWindowMs}. */
export class MessageWindow {
  #begin = 0;
  #count = 0;

  /** Whether one more message at `now` (milliseconds) is within the limit. */
  admit(now: number): boolean {
    if (now - this.#begin >= LIMITS.messageWindowMs) {
      this.#begin = now;
      this.#count = 0;
    }
    this.#count += 1;
    return this.#count <= LIMITS.messages;
  }
}
