export { averageRound } from "./average.js";
export type { AverageInput } from "./average.js";
