export type { TensorSpec, WeightSet } from "./types.js";
export { elements, layoutDifference, requireLayout, sameLayout, totalElements, views, weightSet } from "./layout.js";
export { add, allFinite, l2norm, scale, subtract } from "./arithmetic.js";
export { dataOffsetOf, encodeHeader, LENGTH_BYTES, parseHeader } from "./header.js";
export type { SafetensorsHeader } from "./header.js";
export { decodeSafetensors, encodeSafetensors, tensorBytes } from "./safetensors.js";
export type { DecodedWeights } from "./safetensors.js";
