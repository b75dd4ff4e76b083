import type { Socket } from "socket.io-client";

/** The way to the coordinator. */
export interface Line {
  /** The connected socket, or undefined while there is none. */
  current(): Socket | undefined;
  /** Gives up a connection that no longer answers; the transport opens a new one. */
  reset(): void;
}

/**
 * A line, sealed: whoever holds it can pass it on but not use it. Only `outbound/` opens it (an architecture test sees
 * to that), so nothing can leave the site around its policy and its receipts.
 */
export interface SealedLine {
  readonly sealed: symbol;
}

const lines = new WeakMap<SealedLine, Line>();

/** Seals a line; for the transport. */
export function sealLine(line: Line): SealedLine {
  const sealed: SealedLine = Object.freeze({ sealed: Symbol("line") });
  lines.set(sealed, line);
  return sealed;
}

/** Opens a sealed line; for `outbound/` alone. */
export function openLine(sealed: SealedLine): Line {
  const line = lines.get(sealed);
  if (line === undefined) throw new TypeError("this line was not sealed by the transport");
  return line;
}
