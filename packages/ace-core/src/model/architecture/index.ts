export { NORM_EPSILON, channelsAt, groupsAt, modelSpec, patchMultiple } from "./spec.js";
export type { ModelConfig, NetworkSpec } from "./spec.js";
export { networkOf } from "./of-plan.js";
export { architectureOf, tensorSpecs } from "./architecture.js";
export { HEAD_BIAS, HEAD_WEIGHT } from "./head.js";
export { initialise } from "./initialise.js";
export { grow } from "./grow.js";
export type { NamedNetwork } from "./grow.js";
