/** What every contestant computes: one training step of the `small` network on 7 patches of 32³. */
import { seededRandom } from "@fedace/ace-core/foundation";
import { labelSpace, resolveLabelMap } from "@fedace/ace-core/labels";
import type { LabelMap } from "@fedace/ace-core/labels";
import { initialise, modelSpec } from "@fedace/ace-core/model";
import type { ModelConfig, UNetSpec } from "@fedace/ace-core/model";
import { views } from "@fedace/ace-core/tensors";

export const LEARNING_RATE = 0.1;
export const MOMENTUM = 0.9;
const CLASSES = ["background", "CSF", "GM", "WM", "lesion"];
const INPUTS = 2;

export type Patch = readonly [number, number, number];

/** A batch, as the site's sampler would draw it, and a network. */
export interface Problem {
  readonly spec: UNetSpec;
  readonly map: LabelMap;
  readonly batch: number;
  readonly patch: Patch;
  /** `[batch, depth, height, width, inputs]` */
  readonly images: Float32Array;
  /** `[batch, depth, height, width]` */
  readonly labels: Int32Array;
  /** Initial weights by name, with their shapes. */
  readonly weights: readonly Weight[];
}

export interface Weight {
  readonly name: string;
  readonly shape: readonly number[];
  readonly values: Float32Array;
}

/** Random images and labels of a tissue site with two inputs and five classes. */
export function problem(model: ModelConfig = { preset: "small" }, batch = 7, patch: Patch = [32, 32, 32]): Problem {
  const spec = modelSpec(model, INPUTS, CLASSES.length);
  const random = seededRandom(1);
  const voxels = batch * patch[0] * patch[1] * patch[2];
  const set = initialise(spec, 0);
  const values = views(set);
  return {
    spec,
    map: resolveLabelMap({ kind: "tissue" }, labelSpace(CLASSES)),
    batch,
    patch,
    images: Float32Array.from({ length: voxels * INPUTS }, () => random.normal()),
    labels: Int32Array.from({ length: voxels }, () => random.integer(4)),
    weights: set.specs.map(({ name, shape }) => ({ name, shape, values: values.get(name) ?? new Float32Array(0) })),
  };
}
