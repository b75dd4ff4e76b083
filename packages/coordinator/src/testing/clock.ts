import type { Clock } from "@fedace/ace-core/foundation";

/** A clock that stands still until a test moves it. */
export class ManualClock implements Clock {
  #now: number;
  readonly #timers = new Map<object, { readonly at: number; readonly callback: () => void }>();

  constructor(now = 1_000_000) {
    this.#now = now;
  }

  now(): number {
    return this.#now;
  }

  after(delayMs: number, callback: () => void): () => void {
    const timer = {};
    this.#timers.set(timer, { at: this.#now + delayMs, callback });
    return () => this.#timers.delete(timer);
  }

  /** When the next timer fires, Unix milliseconds; undefined where none is set. */
  next(): number | undefined {
    return [...this.#timers.values()].map(({ at }) => at).sort((a, b) => a - b)[0];
  }

  /** Moves the time without firing anything, as when the machine sleeps. */
  jump(ms: number): void {
    this.#now += ms;
  }

  /** Moves the time and fires what has become due, in order. */
  advance(ms: number): void {
    const until = this.#now + ms;
    for (;;) {
      const due = [...this.#timers].filter(([, { at }]) => at <= until).sort(([, a], [, b]) => a.at - b.at)[0];
      if (due === undefined) break;
      const [timer, { at, callback }] = due;
      this.#timers.delete(timer);
      this.#now = Math.max(this.#now, at);
      callback();
    }
    this.#now = until;
  }
}
