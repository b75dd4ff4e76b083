/** What every contestant computes: one training step of a network on a batch of patches. */
import { seededRandom } from "@fedace/ace-core/foundation";
import { resolveLabelMap } from "@fedace/ace-core/labels";
import type { LabelMap } from "@fedace/ace-core/labels";
import { initialise, networkOf } from "@fedace/ace-core/model";
import type { NetworkSpec } from "@fedace/ace-core/model";
import { parsePlan } from "@fedace/ace-core/protocol";
import type { Plan, PlanInput } from "@fedace/ace-core/protocol";
import type { WeightSet } from "@fedace/ace-core/tensors";

export const LEARNING_RATE = 0.1;
export const MOMENTUM = 0.9;

type Patch = readonly [number, number, number];

/** A batch, as the site's sampler would draw it, and a network. */
export interface Problem {
  readonly plan: Plan;
  readonly spec: NetworkSpec;
  readonly map: LabelMap;
  readonly batch: number;
  readonly patch: Patch;
  /** `[batch, depth, height, width, inputs]` */
  readonly images: Float32Array;
  /** `[batch, depth, height, width]` */
  readonly labels: Int32Array;
  /** Initial weights. */
  readonly weights: WeightSet;
}

/** Random images and labels of a tissue site with two inputs and five classes. */
export function problem(
  model: PlanInput["model"] = { preset: "small" },
  batch = 7,
  patch: Patch = [32, 32, 32],
  training: PlanInput["training"] = {},
): Problem {
  const plan = parsePlan({
    name: "benchmark",
    classes: ["background", "CSF", "GM", "WM", "lesion"],
    inputs: ["T1w", "FLAIR"],
    spacing: [2, 2, 2],
    model,
    training: { ...training, patch: [...patch], batch, momentum: MOMENTUM },
    rounds: 1,
  });
  const spec = networkOf(plan);
  const random = seededRandom(1);
  const voxels = batch * patch[0] * patch[1] * patch[2];
  return {
    plan,
    spec,
    map: resolveLabelMap({ kind: "tissue" }, { classes: plan.classes }),
    batch,
    patch,
    images: Float32Array.from({ length: voxels * spec.inputs }, () => random.normal()),
    labels: Int32Array.from({ length: voxels }, () => random.integer(4)),
    weights: initialise(spec, 0),
  };
}
