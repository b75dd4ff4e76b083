import { coreError, deepFreeze } from "../../foundation/index.js";
import { MODEL_PRESETS } from "../../protocol/index.js";
import type { ArchitectureName, ModelPreset, NormName } from "../../protocol/index.js";

/** A network with every field decided. */
export interface NetworkSpec {
  readonly architecture: ArchitectureName;
  /** Input images (channels). */
  readonly inputs: number;
  /** Classes, background included. */
  readonly classes: number;
  /** Channels at full resolution; they double at each pooling. */
  readonly filters: number;
  /** Resolutions: one more than there are poolings. */
  readonly levels: number;
  /** Convolution, normalisation, ReLU: how often per level and path. */
  readonly blocks: number;
  /** Normalisation over groups of channels, or of every channel by itself. Never over the batch, whose statistics cannot be averaged across sites. */
  readonly norm: NormName;
  /** Groups of group norm, the same number at every level; divides `filters`. Without meaning for instance norm. */
  readonly groups: number;
}

/** A model as a plan describes it: a preset, or every field that has no default. */
export type ModelConfig =
  | { readonly preset: ModelPreset }
  | {
      /** Default unet. */
      readonly architecture?: ArchitectureName | undefined;
      readonly filters: number;
      readonly levels: number;
      /** Default 2. */
      readonly blocks?: number | undefined;
      /** Default group. */
      readonly norm?: NormName | undefined;
      /** Default: the largest divisor of `filters` up to 8. */
      readonly groups?: number | undefined;
    };

/** Sides of every convolution but the last, which is 1×1×1. */
export const KERNEL_SIDE = 3;
/** Added to the variance by every normalisation, PyTorch's default. */
export const NORM_EPSILON = 1e-5;
/** More groups than this make the statistics of small models those of single channels. */
const MOST_GROUPS = 8;

/**
 * Fills in a model.
 *
 * @param inputs number of input images.
 * @param classes number of classes, background included.
 * @throws PLAN_INVALID if a number is not a positive integer, or the groups do not divide the filters.
 */
export function modelSpec(model: ModelConfig, inputs: number, classes: number): NetworkSpec {
  const fields = "preset" in model ? MODEL_PRESETS[model.preset] : model;
  const {
    architecture = "unet",
    filters,
    levels,
    blocks = 2,
    norm = "group",
  } = { architecture: undefined, blocks: undefined, norm: undefined, ...fields };
  const groups = ("groups" in fields ? fields.groups : undefined) ?? defaultGroups(filters);
  const spec = { architecture, inputs, classes, filters, levels, blocks, norm, groups };
  for (const [name, value] of Object.entries(spec)) {
    if (name !== "norm" && name !== "architecture" && !(Number.isInteger(value) && Number(value) >= 1)) {
      throw coreError("PLAN_INVALID", `model: ${name} is ${value}, it must be a whole number of at least 1`);
    }
  }
  if (norm === "group" && filters % groups !== 0) {
    throw coreError("PLAN_INVALID", `model: ${groups} groups do not divide ${filters} filters`, {
      remedy: `Leave \`groups\` out (${defaultGroups(filters)} would be taken), or choose a divisor of \`filters\`.`,
    });
  }
  return deepFreeze(spec);
}

function defaultGroups(filters: number): number {
  for (let groups = Math.min(MOST_GROUPS, filters); groups > 1; groups--) if (filters % groups === 0) return groups;
  return 1;
}

/** Channels at a level, 0 being full resolution. */
export function channelsAt(spec: NetworkSpec, level: number): number {
  return spec.filters * 2 ** level;
}

/** Groups of the normalisation at a level. */
export function groupsAt(spec: NetworkSpec, level: number): number {
  return spec.norm === "instance" ? channelsAt(spec, level) : spec.groups;
}

/** Every side of a patch must be a multiple of this, so that the poolings divide it. */
export function patchMultiple(spec: NetworkSpec): number {
  return 2 ** (spec.levels - 1);
}
