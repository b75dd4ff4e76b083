export { createCoordinator } from "./coordinator.js";
export type { Coordinator, CoordinatorAddress, CoordinatorInit, CoordinatorParts } from "./coordinator.js";
export { initCoordinator } from "./init.js";
export type { InitOptions, InitResult } from "./init.js";
export { moveCoordinator } from "./move.js";
export { openCoordinator } from "./open.js";
export type { Opened } from "./open.js";
export { readSettings } from "./settings.js";
export type { TlsChoice } from "./tls.js";
