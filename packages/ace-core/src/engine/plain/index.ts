export type { Shape5, Sides } from "./array.js";
export { aceForwardBackward } from "./ace.js";
export { marginalDiceForwardBackward } from "./dice.js";
export {
  biasGrad,
  conv3d,
  conv3dGradFilter,
  conv3dGradInput,
  convTranspose3d,
  convTranspose3dGradFilter,
  convTranspose3dGradInput,
} from "./convolution.js";
export { maxPool3d, maxPool3dGrad } from "./pooling.js";
export { groupMoments, groupNorm, groupNormGrad } from "./normalisation.js";
export { registerPlainKernels, runPlain } from "./register.js";
export type { Array5, Attributes } from "./register.js";
