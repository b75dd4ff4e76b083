import { NORMALISATION, type Bundle } from "@fedace/ace-core/export";
import { modelSpec } from "@fedace/ace-core/model/architecture";
import { channelsOf, mayLack } from "@fedace/ace-core/protocol";
import type { ImageFigures } from "@fedace/ace-core/protocol";
import { RECIPE_1, RECIPE_2, type Recipe, type Spacing } from "../archive/index.js";

/** One prepared scan, as a model sees it. */
export interface ModelInput {
  /** `[S, A, R, channels]`, z-scored inside the brain, 0 outside. */
  readonly image: Float32Array;
  /** Voxels along S, A, R. */
  readonly size: readonly [number, number, number];
  readonly signal?: AbortSignal;
  /** Called after each pass of the network, with windows done and windows in all. */
  readonly onProgress?: (done: number, total: number) => void;
}

/** A network with what must be known to feed it. */
export interface PredictModel {
  /** In the order of the network's outputs, the background first. */
  readonly classes: readonly string[];
  /** BIDS suffixes of the images, in the order of the network's channels. */
  readonly inputs: readonly string[];
  /** It was trained for scans that lack some of the images, and has a channel more for each that says whether it is there. */
  readonly mayLack?: boolean;
  /** mm along R, A, S. */
  readonly spacing: Spacing;
  /** By which the images were prepared that it was trained on. Default: today's. */
  readonly recipe?: Recipe;
  /** Per class, mL: smaller regions are not kept. Default: all are. */
  readonly smallest?: Readonly<Record<string, number>> | undefined;
  /** What the images look like that it was trained on, where that is known. */
  readonly images?: ImageFigures | undefined;
  /** Class probabilities of a scan, `[S, A, R, classes]`. */
  readonly probabilities: (input: ModelInput) => Promise<Float32Array>;
}

/**
 * The model of a bundle, computed by the engine that is open: windows of the training patches' size that overlap by
 * half, weighted by a Gaussian. Verify the bundle's signature first.
 */
export function bundleModel(bundle: Bundle): PredictModel {
  const { card, weights } = bundle;
  const { inputs, spacing, normalisation } = card.preprocessing;
  const model = modelSpec(card.model, channelsOf(card.plan).length, card.classes.length);
  return {
    classes: card.classes,
    inputs,
    mayLack: mayLack(card.plan),
    spacing,
    smallest: card.plan.smallest,
    images: card.images,
    recipe: normalisation === NORMALISATION ? RECIPE_2 : RECIPE_1,
    probabilities: async (input) => {
      // Loaded here, for the array library behind it takes a second to load and reading images needs none of it.
      const { fewestVoxels, patchSize, predictProbabilities } = await import("@fedace/ace-core/training");
      const patch = patchSize({ training: { patch: card.patch } });
      return predictProbabilities({ ...input, weights, model, patch, fewest: fewestVoxels(card.plan) });
    },
  };
}
