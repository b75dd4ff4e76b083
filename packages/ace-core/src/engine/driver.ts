/** How one engine is found and opened; `open.ts` chooses among them. */
export interface EngineDriver {
  /**
   * What it would run on, or why it cannot and what to do about it. Never throws.
   *
   * @param engines folders in which `engine install` may have put engines, besides the user's cache
   * @param threads those that it will be opened with, for a library that reads them when it is loaded
   */
  probe(engines: readonly string[], threads?: number): Promise<Probed>;
  /** Makes the engine, which has been probed, the tfjs backend of this process. */
  open(threads: number | undefined): Promise<OpenedDriver>;
}

export interface OpenedDriver {
  readonly device: string;
  readonly threads: number;
  /** The most bytes of tensors and scratch that it can hold; undefined where a library decides by itself. */
  readonly capacityBytes: number | undefined;
  /** The largest tensor that it can hold, bytes; undefined where nothing but the capacity bounds it. */
  readonly largestTensorBytes?: number;
  /** Multiplies in 16 bits where a plan asks for mixed precision. Default false. */
  readonly mixedPrecision?: boolean;
  /** Results are there as soon as they are asked for, not with a later turn of the event loop. Default true. */
  readonly answersAtOnce?: boolean;
  peakBytes(): number;
  /** See `Engine`. Default 0. */
  idleBytes?(): number;
  close(): Promise<void>;
}

export type Probed =
  { readonly device: string; readonly processor: "CPU" | "GPU" } | { readonly reason: string; readonly remedy: string };
