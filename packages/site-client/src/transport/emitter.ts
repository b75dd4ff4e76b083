/** Sends one message and resolves with the other side's answer, as it came. */
export type Emit = (event: string, payload: unknown, timeoutMs: number) => Promise<unknown>;

/**
 * The right to send to the coordinator, sealed: whoever holds it can pass it on but not use it. Only `outbound/`
 * opens it (an architecture test sees to that), so nothing can leave the site around its policy and its receipts.
 */
export interface SealedEmitter {
  readonly sealed: symbol;
}

const emitters = new WeakMap<SealedEmitter, Emit>();

/** Seals `emit`; for the transport. */
export function sealEmitter(emit: Emit): SealedEmitter {
  const sealed: SealedEmitter = Object.freeze({ sealed: Symbol("emitter") });
  emitters.set(sealed, emit);
  return sealed;
}

/** Opens a sealed emitter; for `outbound/` alone. */
export function openEmitter(sealed: SealedEmitter): Emit {
  const emit = emitters.get(sealed);
  if (emit === undefined) throw new TypeError("this emitter was not sealed by the transport");
  return emit;
}
