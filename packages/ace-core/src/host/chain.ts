/** What the first link names as the one before it. */
export const CHAIN_START = "0".repeat(64);

/** A link of a hash chain as it is stored. */
interface ChainLink {
  /** From 1, without gaps. */
  readonly sequence: number;
  /** `hash` of the link before. */
  readonly previous: string;
  readonly hash: string;
}

/** Why a link does not fit: its number, what it follows, or its content. */
export type ChainFault = "number" | "order" | "content";

/**
 * Follows a chain link by link, so that none can be changed, added, moved or taken out unseen. That the end was cut off
 * shows only to whoever kept the head's hash.
 */
export class Chain {
  #length = 0;
  #head = CHAIN_START;

  /** Number of links that fitted. */
  get length(): number {
    return this.#length;
  }

  /** Hash of the last link that fitted. */
  get head(): string {
    return this.#head;
  }

  /** What the next link has to be numbered and to follow. */
  next(): { readonly sequence: number; readonly previous: string } {
    return { sequence: this.#length + 1, previous: this.#head };
  }

  /**
   * Takes the next link.
   *
   * @param computed hash of its content, computed again
   * @returns why it does not fit; the chain then stays where it is
   */
  follow(link: ChainLink, computed: string): ChainFault | undefined {
    if (link.sequence !== this.#length + 1) return "number";
    if (link.previous !== this.#head) return "order";
    if (link.hash !== computed) return "content";
    this.#length = link.sequence;
    this.#head = link.hash;
    return undefined;
  }
}
