export { lossFor } from "./loss.js";
export type { LossFunction } from "./loss.js";
