export { findAddon, nodePackage } from "./addon.js";
export type { NodePackage } from "./addon.js";
export { registerTensorflowKernels } from "./register.js";
