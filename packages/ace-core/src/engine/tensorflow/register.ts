import { CONVOLUTIONS } from "./convolution.js";
import { registerComposites } from "../ops/composite.js";
import { registerNormPool } from "../ops/norm-pool.js";
import { LOSSES } from "./losses.js";
import { NORMALISATION } from "./normalisation.js";
import { OPTIMISERS } from "./optimisers.js";
import { POOLING } from "./pooling.js";

/**
 * Registers the operations, written with tfjs operations only, on a backend that has those. Once per backend.
 *
 * @param backendName default `tensorflow`.
 */
export function registerTensorflowKernels(backendName = "tensorflow"): void {
  registerNormPool(backendName);
  registerComposites(backendName, { ...CONVOLUTIONS, ...POOLING, ...NORMALISATION, ...LOSSES, ...OPTIMISERS });
}
