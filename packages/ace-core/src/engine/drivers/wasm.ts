import { availableParallelism } from "node:os";
import { coreError } from "../../foundation/index.js";
import type { EngineDriver } from "../driver.js";
import { tf } from "../tf.js";
import {
  loadKernels,
  registerWasmKernels,
  SharedHeap,
  ThreadPool,
  WASM_BACKEND,
  WasmBackend,
  type KernelBuild,
} from "../wasm/index.js";
import { registerPlain } from "./plain.js";

/** More threads than this gain nothing on the volumes of a training step. */
const MAXIMUM_THREADS = 64;

const inWords = (threads: number, instructions: string): string =>
  `${threads} ${threads === 1 ? "thread" : "threads"}, ${instructions}`;

const allThreads = (): number => Math.min(availableParallelism(), MAXIMUM_THREADS);

interface WasmDriverOptions {
  /** Builds of the kernels to try, best first. Default: relaxed SIMD, then plain SIMD. */
  readonly builds?: readonly KernelBuild[];
  /** Pages of 64 KiB that the memory may grow to. Default: 4 GiB, all that 32 bits address. */
  readonly maximumPages?: number;
}

/** AssemblyScript kernels on worker threads; every other operation from the plain backend. */
export function wasmDriver({ builds, maximumPages }: WasmDriverOptions = {}): EngineDriver {
  return {
    probe: async () => {
      const kernels = await loadKernels(builds);
      return "reason" in kernels ? kernels : { device: inWords(allThreads(), kernels.instructions), processor: "CPU" };
    },
    open: async (wanted) => {
      const kernels = await loadKernels(builds);
      if ("reason" in kernels)
        throw coreError("ENGINE_UNAVAILABLE", `the wasm engine cannot run here: ${kernels.reason}`);
      const threads = Math.max(1, Math.min(wanted ?? allThreads(), MAXIMUM_THREADS));
      registerPlain();
      registerWasmKernels();
      const heap = new SharedHeap(maximumPages);
      const pool = await ThreadPool.open(kernels.module, heap.memory, threads);
      if (tf.engine().registryFactory[WASM_BACKEND] !== undefined) tf.removeBackend(WASM_BACKEND);
      tf.registerBackend(WASM_BACKEND, () => new WasmBackend(heap, pool));
      await tf.setBackend(WASM_BACKEND);
      return {
        device: inWords(threads, kernels.instructions),
        threads,
        capacityBytes: heap.capacity,
        peakBytes: () => heap.peak,
        // A WebAssembly memory never shrinks.
        idleBytes: () => heap.peak - heap.used,
        close: async () => {
          tf.removeBackend(WASM_BACKEND);
          await pool.close();
        },
      };
    },
  };
}
