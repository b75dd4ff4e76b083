export { startFederation } from "./federation.js";
export type { Federation, FederationInit, SiteArchive } from "./federation.js";
export { freePort } from "./ports.js";
export { CommandFailed, Daemon, followCommand, runCommand } from "./processes.js";
export type { Command } from "./processes.js";
export { watchRun } from "./run-view.js";
export type { RunView } from "./run-view.js";
