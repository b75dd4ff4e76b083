// The kernels that the threads of the pool call: (address of the arguments, task, slot of the thread).
export { ace } from "./ace";
export { multiplyAdd } from "./bare";
export { conv, convTranspose, convTransposeGradInput } from "./conv";
export { diceGrad, diceSums } from "./dice";
export { adam, binary, sgd } from "./elementwise";
export { normApply, normApplyPool, normFinish, normMoments } from "./norm";
export { normGradApply, normGradFinish, normGradSums, normGradTables } from "./norm-gradient";
export { columnSums, convGradFilter, convTransposeGradFilter, reduceColumns, reducePartial } from "./outer";
export { pack } from "./pack";
export { maxPool, maxPoolGrad } from "./pool";
export { softmax } from "./softmax";
export { convWinograd, packWinograd } from "./winograd";
export { convGradFilterWinograd, reduceWinograd } from "./winograd-gradient";
