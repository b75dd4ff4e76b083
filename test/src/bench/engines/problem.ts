/** What every contestant computes: one training step of the `small` network on 7 patches of 32³. */
import { seededRandom } from "@fedace/ace-core/foundation";
import { initialise, modelSpec, type UNetSpec } from "@fedace/ace-core/model";
import { labelSpace, resolveLabelMap, type LabelMap } from "@fedace/ace-core/labels";
import { views } from "@fedace/ace-core/tensors";

export const BATCH = 7;
export const SIDE = 32;
export const LEARNING_RATE = 0.1;
export const MOMENTUM = 0.9;
const CLASSES = ["background", "CSF", "GM", "WM", "lesion"];
const INPUTS = 2;

export interface Problem {
  readonly spec: UNetSpec;
  readonly map: LabelMap;
  /** `[7, 32, 32, 32, 2]` */
  readonly images: Float32Array;
  /** `[7, 32, 32, 32]` */
  readonly labels: Int32Array;
  /** Initial weights by name, with their shapes. */
  readonly weights: readonly {
    readonly name: string;
    readonly shape: readonly number[];
    readonly values: Float32Array;
  }[];
}

export function problem(): Problem {
  const spec = modelSpec({ preset: "small" }, INPUTS, CLASSES.length);
  const random = seededRandom(1);
  const voxels = BATCH * SIDE ** 3;
  const set = initialise(spec, 0);
  const values = views(set);
  return {
    spec,
    map: resolveLabelMap({ kind: "tissue" }, labelSpace(CLASSES)),
    images: Float32Array.from({ length: voxels * INPUTS }, () => random.normal()),
    labels: Int32Array.from({ length: voxels }, () => random.integer(4)),
    weights: set.specs.map(({ name, shape }) => ({ name, shape, values: values.get(name) ?? new Float32Array(0) })),
  };
}
