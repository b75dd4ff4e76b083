import { estimateStepBytes } from "@fedace/ace-core/engine";
import type { Engine } from "@fedace/ace-core/engine";
import { coreError } from "@fedace/ace-core/foundation";
import { modelSpec } from "@fedace/ace-core/model";
import type { Plan } from "@fedace/ace-core/protocol";

/** The memory that a training step of this plan takes, bytes. */
export function stepBytes(plan: Plan): number {
  const spec = modelSpec(plan.model, plan.inputs.length, plan.classes.length);
  const { patch, batch, optimizer } = plan.training;
  return estimateStepBytes({ ...spec, patch, batch, moments: optimizer === "adam" ? 2 : 1 });
}

/**
 * Refuses a plan before it brings the machine down. The tensorflow engine may have a memory of its own, on its GPU,
 * so it finds out by itself.
 *
 * @param available bytes of main memory
 * @throws PLAN_MEMORY
 */
export function requireMemory(plan: Plan, engine: Pick<Engine, "name" | "capacityBytes">, available: number): void {
  if (engine.name === "tensorflow") return;
  const room = Math.min(available, engine.capacityBytes ?? Infinity);
  const needed = stepBytes(plan);
  if (needed <= room) return;
  const mib = (bytes: number): string => `${Math.ceil(bytes / 2 ** 20)} MiB`;
  throw coreError(
    "PLAN_MEMORY",
    `A training step of this plan takes about ${mib(needed)}, and the ${engine.name} engine can have ${mib(room)}.`,
    { fields: { needed, room } },
  );
}
