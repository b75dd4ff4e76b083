export {
  HEAD_BIAS,
  HEAD_WEIGHT,
  NORM_EPSILON,
  channelsAt,
  groupsAt,
  initialise,
  macs,
  modelSpec,
  networkOf,
  patchMultiple,
  tensorSpecs,
} from "./architecture/index.js";
export type { ModelConfig, UNetSpec } from "./architecture/index.js";
export { forward } from "./forward.js";
export type { NetworkWeights } from "./forward.js";
