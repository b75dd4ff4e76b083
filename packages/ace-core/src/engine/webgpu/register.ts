import { registerNormPool } from "../ops/norm-pool.js";
import { registerAddition } from "./addition.js";
import { WEBGPU_BACKEND } from "./backend.js";
import { CONVOLUTIONS } from "./convolution.js";
import { registerKernels } from "./kernel.js";
import { LOSSES } from "./losses.js";
import { NORMALISATION } from "./normalisation.js";
import { OPTIMISERS } from "./optimisers.js";
import { POOLING } from "./pooling.js";

let registered = false;

/** Registers the operations for the webgpu backend, once. */
export function registerWebgpuKernels(): void {
  if (registered) return;
  registered = true;
  registerNormPool(WEBGPU_BACKEND);
  registerAddition();
  registerKernels({ ...CONVOLUTIONS, ...POOLING, ...NORMALISATION, ...LOSSES, ...OPTIMISERS });
}
