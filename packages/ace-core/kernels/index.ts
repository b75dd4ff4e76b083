export { multiplyAdd } from "./bare";
export { conv, convTranspose, convTransposeGradInput } from "./conv";
export { adam, add, sgd } from "./elementwise";
export { ace, diceGrad, diceSums, softmax } from "./loss";
export { normApply, normFinish, normGradApply, normGradFinish, normGradSums, normGradTables, normMoments } from "./norm";
export { columnSums, convGradFilter, convTransposeGradFilter, reduceColumns, reducePartial } from "./outer";
export { pack } from "./pack";
export { maxPool, maxPoolGrad } from "./pool";
export { convGradFilterWinograd, convWinograd, packWinograd, reduceWinograd } from "./winograd";
