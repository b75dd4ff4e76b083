export { publish } from "./bundle.js";
export { pruneRun, removeRun, whatToPrune } from "./prune.js";
export type { Pruning } from "./prune.js";
export { runModels, selectModel } from "./select.js";
export type { ModelChoice, RunModels } from "./select.js";
export { verifyBundle } from "./verify.js";
export { readBeginning, splitInit } from "./beginning.js";
