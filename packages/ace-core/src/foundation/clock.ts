/** Time as a service, so that tests can move it. */
export interface Clock {
  /** Milliseconds since 1970-01-01 UTC. */
  now(): number;
  /**
   * Calls `callback` once after `delayMs` milliseconds; the returned function cancels it.
   *
   * @param keepsAlive whether the process stays alive for it; default false.
   */
  after(delayMs: number, callback: () => void, keepsAlive?: boolean): () => void;
}

/** The machine's own clock. */
export const systemClock: Clock = {
  now: () => Date.now(),
  after: (delayMs, callback, keepsAlive = false) => {
    const timer = setTimeout(callback, delayMs);
    if (!keepsAlive) timer.unref();
    return () => {
      clearTimeout(timer);
    };
  },
};

/** Resolves after `delayMs` milliseconds of `clock`, keeping the process alive until then; rejects with the signal's reason when aborted. */
export function sleep(clock: Clock, delayMs: number, signal?: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const abort = (): void => {
      cancel();
      reject(signal?.reason as Error);
    };
    if (signal?.aborted === true) {
      reject(signal.reason as Error);
      return;
    }
    const cancel = clock.after(
      delayMs,
      () => {
        signal?.removeEventListener("abort", abort);
        resolve();
      },
      true,
    );
    signal?.addEventListener("abort", abort, { once: true });
  });
}
