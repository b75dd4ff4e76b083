/** The engines there are; `plain` is the slow reference that the others are tested against. */
export type EngineName = "tensorflow" | "webgpu" | "wasm" | "plain";

/** What a user may ask for: one engine, or the best that runs here. */
export type EngineChoice = EngineName | "auto";

export interface OpenEngineOptions {
  /** Default `auto`: tensorflow if it is complete and finds a GPU, webgpu if there is a GPU for it, else wasm. */
  readonly choice?: EngineChoice;
  /**
   * Threads of the wasm engine, the calling one included, or of one operation of the tensorflow engine on a CPU, where
   * the first choice of a process stays. Default: as many as the process may use.
   */
  readonly threads?: number;
  /** Folders in which `engine install` may have put engines, looked in before the user's cache. Default: none. */
  readonly engines?: readonly string[];
}

/** An open engine: it is the tfjs backend of this process until it is closed. */
export interface Engine {
  readonly name: EngineName;
  /** What computes, for people: `2 threads, relaxed SIMD`. */
  readonly device: string;
  readonly processor: "CPU" | "GPU";
  /** Which engine and why, one line. */
  readonly reason: string;
  /** Threads that compute. */
  readonly threads: number;
  /** The most bytes of tensors and scratch that it can hold; undefined where a library decides by itself. */
  readonly capacityBytes: number | undefined;
  /** The largest tensor that it can hold, bytes; undefined where nothing but the capacity bounds it. */
  readonly largestTensorBytes: number | undefined;
  /** Whether it multiplies in 16 bits where a plan asks for mixed precision; if not, it trains in float32. */
  readonly mixedPrecision: boolean;
  /**
   * The most bytes of tensors and scratch held at one time since the engine was opened. Of tensorflow without the scratch
   * memory of libtensorflow's operations; of plain what is held now.
   */
  peakBytes(): number;
  /**
   * Bytes of main memory that it has had for tensors and keeps for the next ones. 0 where freed memory goes back to the
   * machine, or to the collector.
   */
  idleBytes(): number;
  /** Ends the threads and gives the memory back. Tensors of the engine are gone after this. */
  close(): Promise<void>;
}

/** Whether an engine can run here. */
export type EngineStatus =
  | { readonly name: EngineName; readonly usable: true; readonly device: string }
  | {
      readonly name: EngineName;
      readonly usable: false;
      /** Why it cannot run. */
      readonly reason: string;
      /** The command or step that would make it run. */
      readonly remedy: string;
    };
