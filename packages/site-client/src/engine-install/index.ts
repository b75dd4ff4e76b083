export { installTensorflow } from "./install.js";
export { runCommand } from "./command.js";
export type { Report } from "./parts.js";
export type { InstallRequest } from "./plan.js";
export { probeMachine } from "./probes.js";
export { toleranceOf } from "./trial.js";
