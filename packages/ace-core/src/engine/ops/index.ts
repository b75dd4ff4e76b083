export { KERNELS } from "./contracts.js";
export type {
  AceAttributes,
  AdamAttributes,
  ConvolutionAttributes,
  GroupNormAttributes,
  MarginalDiceAttributes,
  Precision,
  SgdAttributes,
} from "./contracts.js";
export { diceTargets } from "./targets.js";
export { conv3d, convTranspose3d } from "./convolution.js";
export { maxPool3d } from "./pooling.js";
export { groupNorm, groupNormPool } from "./normalisation.js";
export { ace, marginalDice, sumOfLosses } from "./losses.js";
export type { LossTerm } from "./losses.js";
export { adamStep, sgdStep } from "./optimisers.js";
