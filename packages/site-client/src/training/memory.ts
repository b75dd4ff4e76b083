import { coreError } from "@fedace/ace-core/foundation";
import { channelsAt, modelSpec, tensorSpecs } from "@fedace/ace-core/model";
import type { Plan } from "@fedace/ace-core/protocol";
import { totalElements } from "@fedace/ace-core/tensors";

const FLOAT = Float32Array.BYTES_PER_ELEMENT;
/** Each block keeps what the convolution and what the normalisation gave, for the gradients. */
const KEPT_PER_BLOCK = 2;
/** Weights, their gradients, the optimiser's momentum, and the update as a file. */
const COPIES_OF_WEIGHTS = 4;

/** The least memory that a training step of this plan takes, bytes: its activations and weights. */
export function stepBytes(plan: Plan): number {
  const spec = modelSpec(plan.model, plan.inputs.length, plan.classes.length);
  const [r, a, s] = plan.training.patch;
  const voxels = plan.training.batch * r * a * s;
  let kept = voxels * (spec.inputs + 2 * spec.classes);
  for (let level = 0; level < spec.levels; level++) {
    const paths = level < spec.levels - 1 ? 2 : 1;
    kept += (voxels / 8 ** level) * channelsAt(spec, level) * spec.blocks * paths * KEPT_PER_BLOCK;
  }
  return FLOAT * (kept + COPIES_OF_WEIGHTS * totalElements(tensorSpecs(spec)));
}

/**
 * Refuses a plan before it brings the machine down.
 *
 * @param available bytes
 * @throws PLAN_MEMORY
 */
export function requireMemory(plan: Plan, available: number): void {
  const needed = stepBytes(plan);
  if (needed <= available) return;
  const mib = (bytes: number): string => `${Math.ceil(bytes / 2 ** 20)} MiB`;
  throw coreError(
    "PLAN_MEMORY",
    `A training step of this plan takes at least ${mib(needed)}, and there are ${mib(available)}.`,
    { fields: { needed, available } },
  );
}
