import { channelsOf } from "../../protocol/index.js";
import type { Plan } from "../../protocol/index.js";
import { modelSpec } from "./spec.js";
import type { NetworkSpec } from "./spec.js";

/** The network of a plan: what it says of the model, with a channel for each of its images and an output for each class. */
export function networkOf(plan: Pick<Plan, "model" | "inputs" | "classes" | "training">): NetworkSpec {
  return modelSpec(plan.model, channelsOf(plan).length, plan.classes.length);
}
