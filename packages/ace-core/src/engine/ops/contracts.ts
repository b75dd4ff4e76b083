/**
 * The composite operations a training step is made of: one tfjs kernel name each, one implementation per engine, and
 * a plain one that is the reference. Volumes are `[batch, depth, height, width, channels]` float32, K classes, S sets.
 *
 * | kernel | inputs | attributes | outputs |
 * |---|---|---|---|
 * | Conv3d | x, filter `[kd,kh,kw,ci,co]`, bias `[co]` or none | precision, as in the next five | y (stride 1, zero padding to the same size, odd kernels) |
 * | Conv3dGradInput | dy, filter | | dx |
 * | Conv3dGradFilter | x, dy | kernel `[kd,kh,kw]` | dfilter |
 * | ConvTranspose3d | x, filter `[2,2,2,co,ci]`, bias `[co]` | | y, every side doubled (stride 2) |
 * | ConvTranspose3dGradInput | dy, filter | | dx |
 * | ConvTranspose3dGradFilter | x, dy | | dfilter |
 * | BiasGrad | dy | | dbias `[co]` |
 * | MaxPool3d | x (even sides) | | y (2×2×2, stride 2) |
 * | MaxPool3dGrad | dy, x, y | | dx; a tie goes to the first voxel in memory order |
 * | GroupNorm | x, gamma `[c]`, beta `[c]` | groups, epsilon, relu | y, mean `[n,groups]`, inverseDeviation `[n,groups]` |
 * | GroupNormGrad | dy, x, gamma, beta, mean, inverseDeviation, y or none | groups, relu | dx, dgamma, dbeta |
 * | GroupNormPool | x (even sides), gamma, beta | as GroupNorm | y, pooled (MaxPool3d of y), mean, inverseDeviation |
 * | GroupNormPoolGrad | dy, dpooled, x, y, pooled, gamma, beta, mean, inverseDeviation | groups, relu | dx, dgamma, dbeta |
 * | Ace | logits `[n,d,h,w,k]`, labels `[n,d,h,w]` int32 (set index) | sets: ClassSet[] | loss (scalar), dlogits |
 * | MarginalDice | logits, labels | sets, foreground: set indices | loss (scalar), dlogits |
 * | Scale | x, factor (scalar) | | x · factor |
 * | Sgd | variable, gradient, velocity | learningRate, momentum, nesterov | variable, velocity |
 * | Adam | variable, gradient, m, v | learningRate, beta1, beta2, epsilon, step (from 1) | variable, m, v |
 *
 * A kernel with one output returns it bare, one with several returns an array of them in this order.
 *
 * Formulas:
 * - Ace, per voxel with set A, averaged over all voxels: LSE over all z − LSE over A of z, each with its own maximum
 *   subtracted; dlogits = (softmax over all − softmax over A) / voxels. A of all classes gives exactly 0 and 0.
 * - MarginalDice, over the whole batch: 1 − mean over foreground sets C of (2 Σ P g + 1) / (Σ P + Σ g + 1), P the sum
 *   of the softmax over C. A voxel with set A has g = 1 if A is inside C, g = 0 if A and C share no class, and is left
 *   out of C's sums otherwise (`ignore` is left out of all of them): `diceTargets` makes the table. No foreground: 0.
 * - GroupNorm: (x − mean) / √(biased variance + epsilon) · gamma + beta over a sample's voxels and a group's channels.
 * - Sgd as in PyTorch: v ← momentum·v + g; w ← w − learningRate·(nesterov ? g + momentum·v : v).
 * - Adam as in PyTorch: w ← w − learningRate·m̂ / (√v̂ + epsilon), both moments bias-corrected.
 */
export const KERNELS = {
  conv3d: "FedaceConv3d",
  conv3dGradInput: "FedaceConv3dGradInput",
  conv3dGradFilter: "FedaceConv3dGradFilter",
  convTranspose3d: "FedaceConvTranspose3d",
  convTranspose3dGradInput: "FedaceConvTranspose3dGradInput",
  convTranspose3dGradFilter: "FedaceConvTranspose3dGradFilter",
  biasGrad: "FedaceBiasGrad",
  maxPool3d: "FedaceMaxPool3d",
  maxPool3dGrad: "FedaceMaxPool3dGrad",
  groupNorm: "FedaceGroupNorm",
  groupNormGrad: "FedaceGroupNormGrad",
  groupNormPool: "FedaceGroupNormPool",
  groupNormPoolGrad: "FedaceGroupNormPoolGrad",
  ace: "FedaceAce",
  marginalDice: "FedaceMarginalDice",
  scale: "FedaceScale",
  sgd: "FedaceSgd",
  adam: "FedaceAdam",
} as const;

/** Attributes of GroupNorm and GroupNormPool; their gradients have the same. */
export interface GroupNormAttributes {
  /** Number of channel groups; divides the channels. As many groups as channels is instance norm. */
  readonly groups: number;
  /** Added to the variance. */
  readonly epsilon: number;
  /** Apply max(0, ·) afterwards. */
  readonly relu: boolean;
}

/** How the convolutions compute: in 16 bits where a plan and the engine allow it. */
export type Precision = "float32" | "mixed";

/**
 * Attributes of the convolutions and their gradients. `mixed` is a permission: an engine that cannot make use of it
 * computes in float32.
 */
export interface ConvolutionAttributes {
  readonly precision: Precision;
}

/** Attributes of Ace. */
export interface AceAttributes {
  /** The class set of each label index, as bit masks. */
  readonly sets: readonly number[];
}

/** Attributes of MarginalDice. */
export interface MarginalDiceAttributes extends AceAttributes {
  /** The label indices whose sets are scored. */
  readonly foreground: readonly number[];
}

export interface SgdAttributes {
  readonly learningRate: number;
  /** 0 is plain SGD. */
  readonly momentum: number;
  readonly nesterov: boolean;
}

export interface AdamAttributes {
  readonly learningRate: number;
  readonly beta1: number;
  readonly beta2: number;
  readonly epsilon: number;
  /** Number of this step, from 1, for the bias correction. */
  readonly step: number;
}
