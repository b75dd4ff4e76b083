export { findAddon, nodePackage } from "./addon.js";
export type { NodePackage } from "./addon.js";
export { RELU_GRAD, registerLibraryKernels } from "./library.js";
export { registerTensorflowKernels } from "./register.js";
