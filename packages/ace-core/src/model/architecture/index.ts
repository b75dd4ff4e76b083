export { NORM_EPSILON, channelsAt, groupsAt, modelSpec, patchMultiple } from "./spec.js";
export type { ModelConfig, UNetSpec } from "./spec.js";
export { networkOf } from "./of-plan.js";
export { HEAD_BIAS, HEAD_WEIGHT, tensorSpecs } from "./layout.js";
export { initialise } from "./initialise.js";
export { macs } from "./cost.js";
export { grow } from "./grow.js";
export type { NamedNetwork } from "./grow.js";
