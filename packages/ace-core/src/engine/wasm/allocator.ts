/** Blocks start on cache lines. */
const ALIGNMENT = 64;

/** Kernels may read and write whole vectors at the end of a tensor: every block has room behind it. */
const SLACK = 32;

interface Range {
  start: number;
  size: number;
}

/**
 * Hands out ranges of a linear memory: best fit, neighbours merge when they are freed. Addresses only, no memory.
 */
export class Allocator {
  /** Free ranges by address; no two touch. */
  readonly #free: Range[] = [];
  readonly #live = new Map<number, number>();
  #end: number;
  #used = 0;
  #peak = 0;

  /**
   * @param start First address.
   * @param grow Extends the memory to at least `end` bytes and returns its new end; throws when it cannot.
   */
  constructor(
    start: number,
    private readonly grow: (end: number) => number,
  ) {
    this.#end = Math.ceil(start / ALIGNMENT) * ALIGNMENT;
  }

  /** Bytes handed out now, rounding included. */
  get used(): number {
    return this.#used;
  }

  /** The largest `used` so far. */
  get peak(): number {
    return this.#peak;
  }

  /** Number of ranges handed out now. */
  get blocks(): number {
    return this.#live.size;
  }

  /** The address of `bytes` free bytes, a multiple of 64. */
  allocate(bytes: number): number {
    const size = Math.ceil((bytes + SLACK) / ALIGNMENT) * ALIGNMENT;
    const start = this.#take(size) ?? this.#extend(size);
    this.#live.set(start, size);
    this.#used += size;
    this.#peak = Math.max(this.#peak, this.#used);
    return start;
  }

  /** Gives back what `allocate` returned. */
  free(start: number): void {
    const size = this.#live.get(start);
    if (size === undefined) throw new RangeError(`no block starts at ${start}`);
    this.#live.delete(start);
    this.#used -= size;
    this.#insert({ start, size });
  }

  /** The smallest free range that fits, or none. */
  #take(size: number): number | undefined {
    let best: Range | undefined;
    for (const range of this.#free) {
      if (range.size >= size && (best === undefined || range.size < best.size)) best = range;
    }
    if (best === undefined) return undefined;
    const { start } = best;
    if (best.size === size) this.#free.splice(this.#free.indexOf(best), 1);
    else {
      best.start += size;
      best.size -= size;
    }
    return start;
  }

  /** Grows the memory; a free range at its end is used first. */
  #extend(size: number): number {
    const last = this.#free.at(-1);
    const start = last !== undefined && endOf(last) === this.#end ? last.start : this.#end;
    const end = this.grow(start + size);
    if (start !== this.#end) this.#free.pop();
    this.#end = end;
    if (end > start + size) this.#insert({ start: start + size, size: end - start - size });
    return start;
  }

  #insert(range: Range): void {
    let low = 0;
    let high = this.#free.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((this.#free[middle]?.start ?? 0) < range.start) low = middle + 1;
      else high = middle;
    }
    const after = this.#free[low];
    if (after?.start === endOf(range)) {
      range.size += after.size;
      this.#free.splice(low, 1);
    }
    const before = this.#free[low - 1];
    if (before !== undefined && endOf(before) === range.start) before.size += range.size;
    else this.#free.splice(low, 0, range);
  }
}

function endOf(range: Range): number {
  return range.start + range.size;
}
