interface Storage {
  readonly bytes: number;
  tensors: number;
}

/** Counts the bytes that tensors hold, where several may be views of the same. */
export class HeldBytes {
  readonly #storages = new WeakMap<object, Storage>();
  #held = 0;
  #peak = 0;

  /** The most that was held at one time since {@link restart}. */
  get peak(): number {
    return this.#peak;
  }

  /** Counts the peak anew, from what is held now on. */
  restart(): void {
    this.#peak = this.#held;
  }

  /** @param of what the tensor is another view of; without it, or if that is not known, it holds bytes of its own */
  add(id: object, bytes: number, of?: object): void {
    const shared = of === undefined ? undefined : this.#storages.get(of);
    const storage = shared ?? { bytes, tensors: 0 };
    if (storage.tensors++ === 0) this.#held += bytes;
    this.#storages.set(id, storage);
    this.#peak = Math.max(this.#peak, this.#held);
  }

  remove(id: object): void {
    const storage = this.#storages.get(id);
    if (storage === undefined) return;
    this.#storages.delete(id);
    if (--storage.tensors === 0) this.#held -= storage.bytes;
  }
}
