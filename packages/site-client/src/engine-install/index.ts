export { installTensorflow } from "./install.js";
export type { InstallResult } from "./install.js";
export { runCommand } from "./command.js";
export type { Parts, Report } from "./parts.js";
export type { InstallRequest } from "./plan.js";
export { probeMachine } from "./probes.js";
export { toleranceOf } from "./trial.js";
export type { TrialResult } from "./trial.js";
