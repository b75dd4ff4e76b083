export { COORDINATOR_ERRORS } from "./errors.js";
export type { CoordinatorErrorCode } from "./errors.js";
export { createCoordinator, initCoordinator } from "./service/index.js";
export type {
  Coordinator,
  CoordinatorAddress,
  CoordinatorInit,
  CoordinatorParts,
  InitOptions,
  InitResult,
  TlsChoice,
} from "./service/index.js";
export { main } from "./cli/main.js";
