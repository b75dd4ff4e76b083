/** How long the other side may take, milliseconds: a slow machine that trains. */
const PATIENCE_MS = 60_000;

/** Wakes whoever waits for something to have changed. */
export class Bell {
  #wake: () => void = () => undefined;

  ring(): void {
    this.#wake();
  }

  /** Resolves with what `look` finds, as soon as it finds something. */
  async until<T>(what: string, look: () => T | undefined): Promise<T> {
    const deadline = AbortSignal.timeout(PATIENCE_MS);
    for (;;) {
      const found = look();
      if (found !== undefined) return found;
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
        deadline.addEventListener(
          "abort",
          () => {
            resolve();
          },
          { once: true },
        );
      });
      if (deadline.aborted) throw new Error(`${what} did not come`);
    }
  }
}
