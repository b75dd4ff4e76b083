export { ENGINE_NODE_FLAGS } from "./node-flags.js";
export { listEngines, openEngine } from "./open.js";
export type { Engine, EngineChoice, EngineName, EngineStatus, OpenEngineOptions } from "./types.js";
export { estimateStepBytes } from "./step-memory.js";
export type { StepShape } from "./step-memory.js";
export { tf } from "./tf.js";
