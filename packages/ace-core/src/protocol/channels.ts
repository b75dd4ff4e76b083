import type { Plan } from "./plan.js";

type Sequences = Pick<Plan, "inputs"> & { readonly training: Pick<Plan["training"], "dropInputs"> };

/** Whether a case may lack some of the plan's images. */
export function mayLack(plan: Sequences): boolean {
  return plan.training.dropInputs > 0;
}

/**
 * What the channels of a plan's network stand for: its images, and where a case may lack some, as many planes after them
 * that are 1 in the brain where an image is there and 0 where it is not. A z-scored image that is 0 everywhere would
 * otherwise look like a brain of mean intensity. (Zeros for what is missing: Havaei et al., HeMIS, MICCAI 2016; an
 * indicator beside them and images dropped in training: ModDrop, Neverova et al., TPAMI 2016.)
 */
export function channelsOf(plan: Sequences): string[] {
  return mayLack(plan) ? [...plan.inputs, ...plan.inputs.map((name) => `${name} is there`)] : [...plan.inputs];
}
