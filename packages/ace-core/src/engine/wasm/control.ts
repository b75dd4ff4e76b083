import { WebAssembly, type WasmMemory, type WasmModule } from "./webassembly.js";

/**
 * How the threads of a pool share work: a control block at the start of their memory, as 32-bit words. A job is one
 * kernel with its arguments and a number of tasks; whoever is free claims the next task. Nothing depends on who does
 * what, so results do not depend on the number of threads.
 */

/** Words that different threads write are 64 bytes apart. */
const LINE = 16;

/** Counts the jobs: idle threads sleep on it. */
const JOBS = 0;
/** Tasks that nobody has claimed. */
const UNCLAIMED = LINE;
/** Tasks that are finished: the caller sleeps on it. */
const DONE = 2 * LINE;
/** Tasks of the job. */
const TASKS = 3 * LINE;
const KERNEL = TASKS + 1;
const CLOSED = TASKS + 2;
const FAILED = TASKS + 3;
const ARGUMENTS = 4 * LINE;

/** Bytes of the control block; tensors start behind it. */
export const CONTROL_BYTES = 1024;

const MAXIMUM_ARGUMENTS = CONTROL_BYTES / 4 - ARGUMENTS;

/** Looks at the control block before going to sleep: 20 to 50 µs, about what a sleep and a wake cost. */
const SPINS = 8000;

/** A kernel: (address of its arguments, task, slot of the thread). */
type KernelFunction = (argumentsAt: number, task: number, slot: number) => void;

/** The module's kernels in the order of its exports, which is the same in every thread. */
export function kernelsOf(module: WasmModule, memory: WasmMemory): readonly KernelFunction[] {
  const instance = new WebAssembly.Instance(module, { env: { memory } });
  return kernelNames(module).map((name) => instance.exports[name] as KernelFunction);
}

/** The names that belong to {@link kernelsOf}. */
export function kernelNames(module: WasmModule): readonly string[] {
  return WebAssembly.Module.exports(module).flatMap(({ name, kind }) => (kind === "function" ? [name] : []));
}

/** One thread's view of the control block. */
export class Control {
  readonly #words: Int32Array;
  readonly #floats: Float32Array;

  constructor(
    memory: WasmMemory,
    private readonly kernels: readonly KernelFunction[],
    private readonly slot: number,
  ) {
    this.#words = new Int32Array(memory.buffer, 0, CONTROL_BYTES / 4);
    this.#floats = new Float32Array(memory.buffer, 0, CONTROL_BYTES / 4);
  }

  /**
   * Runs a job to its end. Integers come before floats.
   *
   * @param alone wake no thread: waking one takes longer than a tiny job
   */
  run(kernel: number, tasks: number, integers: readonly number[], floats: readonly number[], alone: boolean): void {
    const words = this.#words;
    if (integers.length + floats.length > MAXIMUM_ARGUMENTS) throw new RangeError("too many kernel arguments");
    words.set(integers, ARGUMENTS);
    this.#floats.set(floats, ARGUMENTS + integers.length);
    words[TASKS] = tasks;
    words[KERNEL] = kernel;
    Atomics.store(words, DONE, 0);
    Atomics.store(words, UNCLAIMED, tasks);
    if (tasks > 1 && !alone) {
      Atomics.add(words, JOBS, 1);
      Atomics.notify(words, JOBS, tasks - 1);
    }
    this.#work();
    for (let spins = 0; ; spins++) {
      const done = Atomics.load(words, DONE);
      if (done === tasks) break;
      if (spins > SPINS) Atomics.wait(words, DONE, done);
    }
    if (Atomics.exchange(words, FAILED, 0) !== 0) throw new Error("a kernel failed");
  }

  /** The life of a worker thread: helps until the pool closes. */
  serve(): void {
    const words = this.#words;
    while (Atomics.load(words, CLOSED) === 0) {
      const job = Atomics.load(words, JOBS);
      this.#work();
      let spins = 0;
      while (Atomics.load(words, JOBS) === job && spins < SPINS) spins++;
      if (spins === SPINS) Atomics.wait(words, JOBS, job);
    }
  }

  /** Makes every `serve` return. */
  close(): void {
    Atomics.store(this.#words, CLOSED, 1);
    Atomics.add(this.#words, JOBS, 1);
    Atomics.notify(this.#words, JOBS);
  }

  /** Claims and runs tasks until none is left to claim. */
  #work(): void {
    const words = this.#words;
    for (;;) {
      const unclaimed = Atomics.load(words, UNCLAIMED);
      if (unclaimed === 0) return;
      if (Atomics.compareExchange(words, UNCLAIMED, unclaimed, unclaimed - 1) !== unclaimed) continue;
      // The job cannot end, nor its words change, before this task is counted as done.
      const tasks = words[TASKS] ?? 0;
      try {
        this.kernels[words[KERNEL] ?? 0]?.(ARGUMENTS * 4, tasks - unclaimed, this.slot);
      } catch {
        Atomics.store(words, FAILED, 1);
      }
      if (Atomics.add(words, DONE, 1) + 1 === tasks) Atomics.notify(words, DONE);
    }
  }
}
