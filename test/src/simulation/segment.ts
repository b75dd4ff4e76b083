import { networkOf } from "@fedace/ace-core/model";
import type { Plan } from "@fedace/ace-core/protocol";
import type { WeightSet } from "@fedace/ace-core/tensors";
import { argmax, fewestVoxels, patchSize, predictProbabilities } from "@fedace/ace-core/training";
import type { TrainingCase } from "@fedace/ace-core/training";

/** The labels that `predict` gives a case, at the plan's spacing: per voxel the index of a class of the plan. */
export async function segment(plan: Plan, weights: WeightSet, { image, size }: TrainingCase): Promise<Uint8Array> {
  const model = networkOf(plan);
  const fewest = fewestVoxels(plan);
  const probabilities = await predictProbabilities({ weights, model, image, size, patch: patchSize(plan), fewest });
  return argmax(probabilities, plan.classes.length);
}
