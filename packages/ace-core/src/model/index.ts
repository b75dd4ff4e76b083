export {
  HEAD_BIAS,
  HEAD_WEIGHT,
  NORM_EPSILON,
  architectureOf,
  channelsAt,
  groupsAt,
  initialise,
  modelSpec,
  networkOf,
  patchMultiple,
  tensorSpecs,
} from "./architecture/index.js";
export type { ModelConfig, NetworkSpec } from "./architecture/index.js";
export { forward } from "./forward.js";
export type { NetworkWeights } from "./unet-forward.js";
