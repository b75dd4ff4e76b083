import type { Engine } from "@fedace/ace-core/engine";
import { coreError, isFedaceError } from "@fedace/ace-core/foundation";
import { mebibytes } from "@fedace/ace-core/host";
import type { Plan } from "@fedace/ace-core/protocol";
import { estimateStep, fittingStep } from "@fedace/ace-core/training";
import type { StepChoice, StepRoom } from "@fedace/ace-core/training";

/** What of an engine decides whether a plan fits. */
export type EngineRoom = Pick<Engine, "name" | "processor" | "capacityBytes" | "largestTensorBytes">;

/**
 * What libtensorflow's operations hold besides the tensors that the estimate counts: intermediates of composites,
 * measured by `npm run bench -- engines` as 1.4 to 1.5 times the wasm engine's peak.
 */
const TENSORFLOW_SHARE = 1.5;

/** How a library says that a GPU's memory, or the machine's, is exhausted. */
const EXHAUSTED = /\bOOM\b|out of memory|resource exhausted|array buffer allocation failed/i;

/**
 * Refuses a plan before it brings the machine down. How much memory a GPU has left nobody can know before: a step that
 * is too large for it fails with {@link explainExhausted}; but WebGPU says how large a tensor may be.
 *
 * @param available bytes of main memory
 * @throws PLAN_MEMORY says what the plan takes, what there is, and a step that would fit
 */
export function requireMemory(plan: Plan, engine: EngineRoom, available: number): void {
  const share = engine.name === "tensorflow" ? TENSORFLOW_SHARE : 1;
  const { bytes, largestTensor } = estimateStep(plan);
  const needed = share * bytes;
  const room = engine.processor === "GPU" ? Infinity : Math.min(available, engine.capacityBytes ?? Infinity);
  const limit = engine.largestTensorBytes ?? Infinity;
  const fitting = { bytes: room / share, largestTensor: limit };
  if (largestTensor > limit) {
    throw tooLarge(
      plan,
      `has a tensor of ${mebibytes(largestTensor)}, and the ${engine.name} engine's device allows ${mebibytes(limit)}`,
      fitting,
    );
  }
  if (needed > room) {
    throw tooLarge(
      plan,
      `takes about ${mebibytes(needed)}, and the ${engine.name} engine can have ${mebibytes(room)}`,
      fitting,
    );
  }
}

/**
 * An engine that ran out of memory in the middle of a plan, as PLAN_MEMORY with a step that takes half as much; any
 * other error as it is.
 */
export function explainExhausted(error: unknown, plan: Plan, engine: EngineRoom): unknown {
  const exhausted = isFedaceError(error)
    ? error.code === "ENGINE_MEMORY"
    : error instanceof Error && EXHAUSTED.test(error.message);
  if (!exhausted) return error;
  const { bytes } = estimateStep(plan);
  const what = `takes about ${mebibytes(bytes)}, and the ${engine.name} engine's device has no such room left`;
  return tooLarge(plan, what, { bytes: bytes / 2 }, error);
}

function tooLarge(plan: Plan, what: string, room: StepRoom, cause?: unknown): Error {
  return coreError("PLAN_MEMORY", `A training step of this plan ${what}.`, {
    cause,
    remedy: remedyOf(plan, fittingStep(plan, room)),
  });
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
