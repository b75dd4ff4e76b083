export { forgetRun, keptFolder, writeWeights } from "./kept.js";
export { amountOf, correctionFor, keepSent, weightsToScore } from "./carry.js";
export type { Beside } from "./carry.js";
export { needs } from "./needs.js";
export type { Need } from "./needs.js";
