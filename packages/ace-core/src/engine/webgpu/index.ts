export { openBackend, WEBGPU_BACKEND } from "./backend.js";
export { loadDawn } from "./dawn.js";
export { adapterOf, describeAdapter, requestDevice } from "./device.js";
export { watchDevice } from "./failure.js";
export { judge, lookForAdapter } from "./probe.js";
export type { Look } from "./probe.js";
export { registerWebgpuKernels } from "./register.js";
