/** Work that must not overlap, one line per name: what comes later begins when what came before has ended. */
export class Lines {
  readonly #ends = new Map<string, Promise<unknown>>();

  async run<T>(name: string, work: () => Promise<T>): Promise<T> {
    const result = (this.#ends.get(name) ?? Promise.resolve()).then(work);
    const end = result.catch(() => undefined);
    this.#ends.set(name, end);
    try {
      return await result;
    } finally {
      if (this.#ends.get(name) === end) this.#ends.delete(name);
    }
  }
}
