/**
 * The words of a plan that name one of several ways to do a thing, one table each: the schema of plans, the options of
 * the demo and the benchmarks, and the tables of what each word does are made from these or held against them by the
 * compiler, so that a word is added here and nowhere else but where it is carried out.
 */

/** Adaptive cross entropy with marginal Dice or alone, and the naive baselines, which take an archive's rest for background. */
export const LOSS_NAMES = ["ace-dice", "ace", "ce", "dice"] as const;
export type LossName = (typeof LOSS_NAMES)[number];

/** How the mean of a round's updates becomes the next model. */
export const STRATEGY_NAMES = ["fedavg", "fedavgm"] as const;
export type StrategyName = (typeof STRATEGY_NAMES)[number];

/** What a site counts for in an average: its training cases, its annotated voxels, 1, or its part of each class's cases. */
export const WEIGHTING_NAMES = ["cases", "voxels", "equal", "classes"] as const;
export type WeightingName = (typeof WEIGHTING_NAMES)[number];

/** What keeps sites from drifting apart within a round. */
export const CORRECTION_NAMES = ["off", "control-variates"] as const;

/** What is published of a run: each round's model, or a moving average over rounds. */
export const AVERAGE_NAMES = ["none", "ema"] as const;

/** Whose rows of the classifier make the average's row of a class: all sites', or those of sites that annotate it. */
export const HEAD_NAMES = ["average", "annotating"] as const;
export type HeadName = (typeof HEAD_NAMES)[number];

export const OPTIMIZER_NAMES = ["sgd", "adam"] as const;
export type OptimizerName = (typeof OPTIMIZER_NAMES)[number];

/** How the learning rate goes over all steps of a run. */
export const SCHEDULE_NAMES = ["constant", "cosine", "cooldown"] as const;
export type ScheduleName = (typeof SCHEDULE_NAMES)[number];

/** Where patches are drawn: around each label value equally often, or anywhere. */
export const SAMPLING_NAMES = ["by-class", "uniform"] as const;
export type SamplingName = (typeof SAMPLING_NAMES)[number];

/** How far augmentation changes the look of images: contrast, brightness and gamma, or another scanner's view. */
export const INTENSITY_NAMES = ["mild", "strong"] as const;
export type IntensityName = (typeof INTENSITY_NAMES)[number];

/** What the convolutions multiply in: 32 bits, or 16 where a site's engine can. */
export const PRECISION_NAMES = ["float32", "mixed"] as const;

/** Normalisation over groups of channels, or of every channel by itself; never over the batch. */
export const NORM_NAMES = ["group", "instance"] as const;
export type NormName = (typeof NORM_NAMES)[number];

/** Kinds of network. */
export const ARCHITECTURE_NAMES = ["unet"] as const;
export type ArchitectureName = (typeof ARCHITECTURE_NAMES)[number];

/** `paper` is Roulet et al. 2019 but for the normalisation; `small` trains on two cores; `tiny` is for tests. */
export const MODEL_PRESETS = {
  tiny: { filters: 4, levels: 2 },
  small: { filters: 8, levels: 3 },
  paper: { filters: 32, levels: 4 },
} as const;
export type ModelPreset = keyof typeof MODEL_PRESETS;

export const PRESET_NAMES = Object.keys(MODEL_PRESETS) as readonly ModelPreset[];
