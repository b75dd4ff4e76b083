import type { Socket } from "node:net";
import type { Clock } from "@fedace/ace-core/foundation";
import { originOf } from "./origin.js";

/**
 * Strangers held at once, beside the sites: some hundred sites can come back at the same moment after a restart, and
 * each stranger costs the memory of a TLS connection, about 100 KB.
 */
export const STRANGERS = 512;
/** How long a stranger may stay, from TCP to a token or to the answer of a plain request, milliseconds. */
const VISIT_MS = 10_000;
/** Bytes that a websocket may receive before its token is good: a token is at most 4 KiB, its envelope far less. */
export const STRANGER_BYTES = 8 * 1024;

interface Visitor {
  readonly socket: Socket;
  readonly origin: string;
  /** Takes everything back that was set up for the visit. */
  readonly end: () => void;
}

export interface LobbyParts {
  readonly clock: Clock;
  /** A random integer from 0 to below `count`. */
  readonly pick: (count: number) => number;
}

/**
 * The connections of which nobody knows yet who they are. They share places of their own, so that they cannot take those
 * of the sites. When all are taken, whoever holds the most of them gives one up, at random: somebody who comes from one
 * address pushes out himself.
 */
export class Lobby {
  readonly #parts: LobbyParts;
  readonly #visitors = new Map<string, Visitor>();
  readonly #origins = new Map<string, Set<Visitor>>();

  constructor(parts: LobbyParts) {
    this.#parts = parts;
  }

  get size(): number {
    return this.#visitors.size;
  }

  /** Takes in a TCP connection that has just been accepted. */
  enter(socket: Socket): void {
    const key = keyOf(socket);
    const origin = originOf(socket.remoteAddress);
    const cancel = this.#parts.clock.after(VISIT_MS, () => {
      socket.destroy();
    });
    const leave = (): void => {
      this.#remove(key, visitor);
    };
    const visitor: Visitor = {
      socket,
      origin,
      end: () => {
        cancel();
        socket.removeListener("close", leave);
      },
    };
    socket.once("close", leave);
    this.#visitors.set(key, visitor);
    const siblings = this.#origins.get(origin) ?? new Set();
    this.#origins.set(origin, siblings.add(visitor));
    if (this.#visitors.size > STRANGERS) this.#makeRoom();
  }

  /**
   * Counts what a stranger's websocket receives and ends it beyond {@link STRANGER_BYTES}.
   *
   * @param socket the connection above TLS
   * @returns stops counting
   */
  watch(socket: Socket): () => void {
    let received = 0;
    const count = (chunk: Buffer): void => {
      received += chunk.byteLength;
      if (received > STRANGER_BYTES) socket.destroy();
    };
    socket.on("data", count);
    return () => socket.removeListener("data", count);
  }

  /** The connection is a site's from now on. */
  leave(socket: Socket): void {
    const key = keyOf(socket);
    const visitor = this.#visitors.get(key);
    if (visitor !== undefined) this.#remove(key, visitor);
  }

  /** Sends everybody away. */
  clear(): void {
    for (const { socket } of this.#visitors.values()) socket.destroy();
  }

  #remove(key: string, visitor: Visitor): void {
    visitor.end();
    if (this.#visitors.get(key) === visitor) this.#visitors.delete(key);
    const siblings = this.#origins.get(visitor.origin);
    siblings?.delete(visitor);
    if (siblings?.size === 0) this.#origins.delete(visitor.origin);
  }

  #makeRoom(): void {
    let most = new Set<Visitor>();
    for (const siblings of this.#origins.values()) if (siblings.size > most.size) most = siblings;
    const victim = [...most][this.#parts.pick(most.size)];
    if (victim === undefined) return;
    this.#remove(keyOf(victim.socket), victim);
    victim.socket.destroy();
  }
}

/** Both ends' addresses are the same below TLS and above it. */
function keyOf({ remoteAddress = "", remotePort = 0, localPort = 0 }: Socket): string {
  return `${remoteAddress} ${remotePort} ${localPort}`;
}
