export { createRun } from "./create.js";
export { RunDriver } from "./driver.js";
