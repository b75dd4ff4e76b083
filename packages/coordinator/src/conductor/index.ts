export { createRun } from "./create.js";
export { RunDriver } from "./driver.js";
export type { DriverParts } from "./driver.js";
