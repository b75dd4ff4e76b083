import { registerComposites } from "../ops/composite.js";
import { registerNormPool } from "../ops/norm-pool.js";
import { CONVOLUTIONS } from "./convolution.js";
import { LOSSES } from "./losses.js";
import { NORMALISATION } from "./normalisation.js";
import { OPTIMISERS } from "./optimisers.js";
import { POOLING } from "./pooling.js";

/**
 * Registers the operations, written with tfjs operations and those of `library.ts`, on a backend that has both. Once
 * per backend.
 *
 * @param backendName default `tensorflow`.
 */
export function registerTensorflowKernels(backendName = "tensorflow"): void {
  registerNormPool(backendName);
  registerComposites(backendName, { ...CONVOLUTIONS, ...POOLING, ...NORMALISATION, ...LOSSES, ...OPTIMISERS });
}
