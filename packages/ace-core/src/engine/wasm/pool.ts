import { once } from "node:events";
import { Worker } from "node:worker_threads";
import { coreError } from "../../foundation/index.js";
import { Control, kernelNames, kernelsOf } from "./control.js";
import type { WasmMemory, WasmModule } from "./webassembly.js";
import type { WorkerStart } from "./worker.js";

/**
 * The threads of a wasm engine: the caller's own and `threads - 1` workers, all on one memory. An open pool does not
 * keep the process alive.
 */
export class ThreadPool {
  readonly #control: Control;
  readonly #index: ReadonlyMap<string, number>;
  readonly #workers: readonly Worker[];
  #alone = false;

  private constructor(module: WasmModule, memory: WasmMemory, workers: readonly Worker[]) {
    this.#control = new Control(memory, kernelsOf(module, memory), 0);
    this.#index = new Map(kernelNames(module).map((name, index) => [name, index]));
    this.#workers = workers;
  }

  /**
   * Starts the workers and waits until they are ready.
   * @throws ENGINE_UNAVAILABLE when a thread cannot start.
   */
  static async open(module: WasmModule, memory: WasmMemory, threads: number): Promise<ThreadPool> {
    const workers = Array.from({ length: threads - 1 }, (_, index) => {
      const workerData: WorkerStart = { module, memory, slot: index + 1 };
      // No flags of the parent: some, like --test, are not for threads.
      return new Worker(new URL("./worker.js", import.meta.url), { workerData, execArgv: [] });
    });
    try {
      await Promise.all(workers.map((worker) => once(worker, "message")));
    } catch (cause) {
      await Promise.all(workers.map((worker) => worker.terminate()));
      const why = cause instanceof Error ? cause.message : String(cause);
      throw coreError("ENGINE_UNAVAILABLE", `a worker thread of the wasm engine did not start: ${why}`, { cause });
    }
    for (const worker of workers) worker.unref();
    return new ThreadPool(module, memory, workers);
  }

  /** Threads that compute, the caller's included. */
  get threads(): number {
    return this.#workers.length + 1;
  }

  /** Whether the jobs that follow are so small that the caller is through with them before another thread wakes. */
  set alone(alone: boolean) {
    this.#alone = alone;
  }

  /** Runs a kernel's tasks 0 to `tasks - 1` on all threads and returns when they are done. */
  run(kernel: string, tasks: number, integers: readonly number[], floats: readonly number[] = []): void {
    const index = this.#index.get(kernel);
    if (index === undefined) throw new RangeError(`there is no kernel ${kernel}`);
    this.#control.run(index, tasks, integers, floats, this.#alone);
  }

  /** Ends the workers. */
  async close(): Promise<void> {
    const ended = this.#workers.map((worker) => {
      worker.ref();
      return once(worker, "exit");
    });
    this.#control.close();
    await Promise.all(ended);
  }
}
