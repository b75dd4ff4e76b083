export { WASM_BACKEND, WasmBackend } from "./backend.js";
export { registerWasmKernels } from "./kernels.js";
export { SharedHeap } from "./memory.js";
export { loadKernels } from "./module.js";
export type { KernelBuild } from "./module.js";
export { ThreadPool } from "./pool.js";
