export { digestOf, forgetRun, keptFolder, writeWeights } from "./kept.js";
export { amountOf, correctionFor, keepSent, weightsToScore } from "./carry.js";
export type { Beside } from "./carry.js";
export { needs } from "./needs.js";
export type { Need } from "./needs.js";
export { aloneFolder, forgetAlone } from "./alone.js";
export type { AloneFolder } from "./alone.js";
export { caseDigest, noteCases, readWitness } from "./witness.js";
export type { Witness } from "./witness.js";
