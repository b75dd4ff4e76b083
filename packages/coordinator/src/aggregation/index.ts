export { averageRound } from "./average.js";
export { smooth } from "./smooth.js";
