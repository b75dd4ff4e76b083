export { averageRound } from "./average.js";
