export {
  HEAD_BIAS,
  HEAD_WEIGHT,
  KERNEL_SIDE,
  MODEL_PRESETS,
  NORM_EPSILON,
  channelsAt,
  groupsAt,
  initialise,
  macs,
  modelSpec,
  patchMultiple,
  tensorSpecs,
} from "./architecture/index.js";
export type { ModelConfig, ModelPreset, UNetSpec } from "./architecture/index.js";
export { forward } from "./forward.js";
export type { NetworkWeights } from "./forward.js";
