export { startFederation } from "./federation.js";
export type { Federation, SiteArchive } from "./federation.js";
export { freePort } from "./ports.js";
export { runCommand } from "./processes.js";
export { watchRun } from "./run-view.js";
export type { RunView } from "./run-view.js";
