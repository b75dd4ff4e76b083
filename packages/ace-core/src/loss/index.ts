export { LOSS_NAMES, lossTerms } from "./terms.js";
export type { LossName } from "./terms.js";
export { lossFor } from "./loss.js";
export type { LossFunction } from "./loss.js";
