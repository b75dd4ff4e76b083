import type { Address } from "@fedace/ace-core/host";
import type { Tunnel } from "./proxy.js";
import type { Trust } from "./tls.js";

/** Where a coordinator may be found. */
export interface Place {
  readonly address: Address;
  readonly trust: Trust;
  /** The proxy to go through, if any. */
  readonly tunnel?: Tunnel | undefined;
}

/** The places at which a coordinator is looked for, in turn; the first one is where it should be. */
export class Places {
  #all: readonly [Place, ...Place[]];
  #at = 0;

  constructor(...all: readonly [Place, ...Place[]]) {
    this.#all = all;
  }

  get current(): Place {
    return this.#all[this.#at] ?? this.#all[0];
  }

  get isFirst(): boolean {
    return this.#at === 0;
  }

  get isOnly(): boolean {
    return this.#all.length === 1;
  }

  /** Nobody was found there. */
  next(): void {
    this.#at = (this.#at + 1) % this.#all.length;
  }

  /** A connection was lost: it is looked for from the beginning. */
  restart(): void {
    this.#at = 0;
  }

  /** From the next attempt on. An open connection stays. */
  replace(...all: readonly [Place, ...Place[]]): void {
    this.#all = all;
    this.#at = 0;
  }
}
