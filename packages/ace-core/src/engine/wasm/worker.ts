// A thread of the pool: instantiates the kernels on the shared memory and helps until the pool closes.
import { parentPort, workerData } from "node:worker_threads";
import { Control, kernelsOf } from "./control.js";
import type { WasmMemory, WasmModule } from "./webassembly.js";

/** What the pool hands to each of its threads. */
export interface WorkerStart {
  readonly module: WasmModule;
  readonly memory: WasmMemory;
  readonly slot: number;
}

const { module, memory, slot } = workerData as WorkerStart;
const control = new Control(memory, kernelsOf(module, memory), slot);
parentPort?.postMessage("ready");
control.serve();
