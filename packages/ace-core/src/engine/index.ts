export {
  ADDON_FILE,
  INSTALLED_FILE,
  LOADER_FILE,
  dataEngines,
  engineCache,
  installedSchema,
  tensorflowFolder,
} from "./installed.js";
export type { InstalledEngine } from "./installed.js";
export { nodePackage } from "./tensorflow/index.js";
export type { NodePackage } from "./tensorflow/index.js";
export { ENGINE_NODE_FLAGS } from "./node-flags.js";
export { listEngines, openEngine } from "./open.js";
export type { Engine, EngineChoice, EngineName, EngineStatus, OpenEngineOptions } from "./types.js";
export { valueAndGradients } from "./backward.js";
export type { ValueAndGradients } from "./backward.js";
export { checkpoint } from "./checkpoint.js";
export { tf } from "./tf.js";
