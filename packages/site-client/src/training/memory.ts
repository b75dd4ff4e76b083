import type { Engine } from "@fedace/ace-core/engine";
import { coreError } from "@fedace/ace-core/foundation";
import type { Plan } from "@fedace/ace-core/protocol";
import { estimateStep, fittingStep } from "@fedace/ace-core/training";
import type { StepChoice } from "@fedace/ace-core/training";

/**
 * Refuses a plan before it brings the machine down. The tensorflow and webgpu engines may have a memory of their own,
 * on a GPU, so they find out by themselves; but WebGPU says how large a tensor may be.
 *
 * @param available bytes of main memory
 * @throws PLAN_MEMORY says what the plan takes, what there is, and a step that would fit
 */
export function requireMemory(
  plan: Plan,
  engine: Pick<Engine, "name" | "capacityBytes" | "largestTensorBytes">,
  available: number,
): void {
  if (engine.name === "tensorflow") return;
  const { bytes: needed, largestTensor } = estimateStep(plan);
  const largest = engine.largestTensorBytes;
  const room = engine.name === "webgpu" ? Infinity : Math.min(available, engine.capacityBytes ?? Infinity);
  if (largest !== undefined && largestTensor > largest) {
    throw coreError(
      "PLAN_MEMORY",
      `A training step of this plan has a tensor of ${mebibytes(largestTensor)}, and the ${engine.name} engine's device allows ${mebibytes(largest)}.`,
      {
        fields: { needed: largestTensor, room: largest },
        remedy: remedyOf(plan, fittingStep(plan, { bytes: room, largestTensor: largest })),
      },
    );
  }
  if (needed <= room) return;
  throw coreError(
    "PLAN_MEMORY",
    `A training step of this plan takes about ${mebibytes(needed)}, and the ${engine.name} engine can have ${mebibytes(room)}.`,
    { fields: { needed, room }, remedy: remedyOf(plan, fittingStep(plan, { bytes: room })) },
  );
}

function remedyOf(plan: Plan, fitting: StepChoice | undefined): string {
  if (fitting === undefined) return "Use a smaller model: with this one not even the smallest patch fits.";
  const { patch, batch, checkpointing } = fitting;
  const changes = [
    ...(checkpointing ? ["training.checkpointing: true"] : []),
    ...(batch === plan.training.batch ? [] : [`training.batch: ${batch}`]),
    ...(patch.every((side, axis) => side === plan.training.patch[axis])
      ? []
      : [`training.patch: [${patch.join(", ")}]`]),
  ];
  return `This would fit: ${changes.join(", ")} (about ${mebibytes(estimateStep(plan, fitting).bytes)}).`;
}

function mebibytes(bytes: number): string {
  return `${Math.ceil(bytes / 2 ** 20)} MiB`;
}
