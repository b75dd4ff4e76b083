import type { Engine } from "@fedace/ace-core/engine";
import { coreError, isFedaceError } from "@fedace/ace-core/foundation";
import { mebibytes } from "@fedace/ace-core/host";
import type { Plan } from "@fedace/ace-core/protocol";
import { estimateStep, fittingStep } from "@fedace/ace-core/training";
import type { StepChoice, StepRoom } from "@fedace/ace-core/training";

/** What of an engine decides whether a plan fits. */
export type EngineRoom = Pick<Engine, "name" | "processor" | "capacityBytes" | "largestTensorBytes" | "idleBytes">;

/**
 * What libtensorflow's operations hold besides the tensors that the estimate counts: intermediates of composites,
 * measured by `npm run bench -- engines` as 1.4 to 1.5 times the wasm engine's peak.
 */
const TENSORFLOW_SHARE = 1.5;

/** How a library says that a GPU's memory, or the machine's, is exhausted. */
const EXHAUSTED = /\bOOM\b|out of memory|resource exhausted|array buffer allocation failed/i;

/** What a step finds: bytes of main memory. */
interface MemoryNow {
  /** Free on the machine. */
  readonly available: number;
  /** The largest step that this engine has carried out, by the same estimate: what that took, the engine may hold still. */
  readonly carried: number;
}

/**
 * Refuses a plan before it brings the machine down. How much memory a GPU has left nobody can know before: a step that
 * is too large for it fails with {@link explainExhausted}; but WebGPU says how large a tensor may be.
 *
 * @throws PLAN_MEMORY says what the plan takes, what there is, and a step that would fit
 */
export function requireMemory(plan: Plan, engine: EngineRoom, now: MemoryNow): void {
  const share = shareOf(engine);
  const { bytes, largestTensor } = estimateStep(plan);
  const needed = share * bytes;
  const machine = now.available + held(engine, now);
  const room = engine.processor === "GPU" ? Infinity : Math.min(machine, engine.capacityBytes ?? Infinity);
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

/** Bytes that a step of a plan takes of main memory, by estimate. */
export function stepBytes(plan: Plan, engine: EngineRoom): number {
  return engine.processor === "GPU" ? 0 : shareOf(engine) * estimateStep(plan).bytes;
}

/** Bytes that a step of a plan will ask the machine for, beyond what the engine holds already. */
export function stepDemand(plan: Plan, engine: EngineRoom, now: MemoryNow): number {
  return Math.max(0, stepBytes(plan, engine) - held(engine, now));
}

/** What of an earlier round an engine has kept for the next one: it does not ask the machine for that again. */
function held(engine: EngineRoom, { carried }: MemoryNow): number {
  const idle = engine.idleBytes();
  return idle === 0 ? 0 : Math.max(idle, carried);
}

const shareOf = ({ name }: EngineRoom): number => (name === "tensorflow" ? TENSORFLOW_SHARE : 1);

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
