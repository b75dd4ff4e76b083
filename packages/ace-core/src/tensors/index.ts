export type { TensorSpec, WeightSet } from "./types.js";
