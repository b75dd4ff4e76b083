export { registerTensorflowKernels } from "./register.js";
