export { conv, convTranspose, convTransposeGradInput } from "./conv";
export { columnSums, convGradFilter, convTransposeGradFilter, reduceColumns, reducePartial } from "./outer";
export { pack } from "./pack";
