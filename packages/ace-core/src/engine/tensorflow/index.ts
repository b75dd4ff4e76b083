export { PACKAGE, findAddon, nodePackage } from "./addon.js";
export type { NodePackage } from "./addon.js";
export { RELU_GRAD } from "./library.js";
export { loadTensorflow } from "./load.js";
export type { LoadedTensorflow } from "./load.js";
export { registerTensorflowKernels } from "./register.js";
