import type { NetworkSpec } from "../model/index.js";
import type { WeightSet } from "../tensors/index.js";
import { openNetwork } from "./network.js";
import { dropSmallRegions } from "./small-regions.js";
import { slidingWindow } from "./sliding-window.js";
import type { SlidingWindowInput } from "./sliding-window.js";

/** Windows per forward pass unless said otherwise; more gain nothing and take memory. */
const DEFAULT_BATCH = 4;

export interface PredictInput extends Omit<SlidingWindowInput, "channels" | "classes" | "forward"> {
  readonly weights: WeightSet;
  readonly model: NetworkSpec;
  /** Per class, the fewest voxels that a region must have to be kept; see {@link dropSmallRegions}. Default: all are kept. */
  readonly fewest?: readonly number[] | undefined;
}

/**
 * Class probabilities of a whole image by the engine that is open; see {@link slidingWindow}. Frees every tensor it
 * makes, also when stopped or on an error.
 *
 * @returns `[depth, height, width, classes]`
 * @throws WEIGHTS_LAYOUT if the weights are not those of the network.
 */
export async function predictProbabilities(input: PredictInput): Promise<Float32Array> {
  const { weights, model, fewest, ...window } = input;
  const network = openNetwork(weights, model);
  try {
    const probabilities = await slidingWindow({
      batch: DEFAULT_BATCH,
      ...window,
      channels: model.inputs,
      classes: model.classes,
      forward: (windows, count) => network.probabilities(windows, count, input.patch),
    });
    if (fewest !== undefined) dropSmallRegions(probabilities, input.size, fewest);
    return probabilities;
  } finally {
    network.dispose();
  }
}
