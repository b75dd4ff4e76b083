import { modelSpec } from "@fedace/ace-core/model/architecture";
import type { UNetSpec } from "@fedace/ace-core/model/architecture";
import type { Plan } from "@fedace/ace-core/protocol";

/** The network of a plan. */
export function networkOf(plan: Plan): UNetSpec {
  return modelSpec(plan.model, plan.inputs.length, plan.classes.length);
}
