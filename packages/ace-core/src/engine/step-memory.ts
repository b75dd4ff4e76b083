/** What decides how much memory a training step takes. */
export interface StepShape {
  /** Depth, height and width in voxels. */
  readonly patch: readonly [number, number, number];
  readonly batch: number;
  /** Channels at full resolution; they double at each pooling. */
  readonly filters: number;
  /** Resolutions. */
  readonly levels: number;
  /** Convolution, normalisation, ReLU: how often per level and path. Default 2. */
  readonly blocks?: number;
  readonly inputs: number;
  readonly classes: number;
  /** Moments the optimiser keeps per weight: 1 for SGD with momentum, 2 for Adam. Default 1. */
  readonly moments?: number;
}

/** Logits, their gradient, and the gradients of the two parts of the loss. */
const VOLUMES_OF_LOGITS = 4;

/** Weights, those the round began with, their gradient, and what an optimiser's step makes of them. */
const COPIES_OF_WEIGHTS = 4;

/**
 * Bytes that the wasm engine holds at the peak of one training step, tensors and scratch: float32 of
 *
 * - per block what the convolution and what the normalisation gave, per pooling and per joined skip one volume, each
 *   twice, once for its gradient: tfjs keeps both until the step is over;
 * - images and labels once, logits four times;
 * - weights four times and the optimiser's moments.
 *
 * Within 10 % of what the allocator measures (tested within 25 %).
 */
export function estimateStepBytes(shape: StepShape): number {
  const { patch, batch, filters, levels, inputs, classes, blocks = 2, moments = 1 } = shape;
  const voxels = batch * patch[0] * patch[1] * patch[2];
  let volumes = 0;
  let weights = filters * classes;
  for (let level = 0; level < levels; level++) {
    const here = voxels / 8 ** level;
    const channels = filters * 2 ** level;
    const from = level === 0 ? inputs : channels / 2;
    const paths = level < levels - 1 ? 2 : 1;
    volumes += here * channels * 2 * blocks * paths;
    if (level > 0) volumes += here * from;
    if (paths === 2) volumes += here * channels;
    weights += 27 * channels * (from + channels * (blocks * paths - 1)) + (paths - 1) * 16 * channels * channels;
  }
  const floats = 2 * volumes + voxels * (inputs + 1 + VOLUMES_OF_LOGITS * classes);
  return 4 * (floats + weights * (COPIES_OF_WEIGHTS + moments));
}
