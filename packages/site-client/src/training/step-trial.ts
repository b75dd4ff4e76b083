import { fileURLToPath } from "node:url";
import { ENGINE_NODE_FLAGS } from "@fedace/ace-core/engine";
import type { Plan } from "@fedace/ace-core/protocol";
import { z } from "zod";

const TRIAL = fileURLToPath(new URL("./step-trial-main.js", import.meta.url));

/** What one engine needs for a training step of a plan, or why it cannot take one. */
const stepTrialSchema = z.union([
  z.strictObject({
    /** Median of a few steps after the first, seconds. */
    seconds: z.number(),
    /** Tensors and scratch at the peak, bytes, as the engine counts them. */
    peakBytes: z.number(),
    /** The most main memory that the process had, bytes. */
    processBytes: z.number(),
  }),
  z.strictObject({ code: z.string(), message: z.string(), remedy: z.string() }),
]);
export type StepTrial = z.output<typeof stepTrialSchema>;

/** Runs a command to its end; see `runCommand`. */
type Run = (command: string, args: readonly string[]) => Promise<{ stdout: string; tail: string }>;

/**
 * Takes a few training steps of a plan on one engine, in a process of its own, on made-up images.
 *
 * @param engines folders in which engines may have been installed
 */
export async function tryStep(run: Run, engine: string, plan: Plan, engines: readonly string[]): Promise<StepTrial> {
  const done = await run(process.execPath, [...ENGINE_NODE_FLAGS, TRIAL, engine, JSON.stringify(plan), ...engines]);
  const line = done.stdout.trim().split("\n").at(-1) ?? "";
  const parsed = stepTrialSchema.safeParse(jsonOf(line));
  if (parsed.success) return parsed.data;
  const reason = done.tail.split("\n").at(-1) ?? "";
  return {
    code: "ENGINE_UNAVAILABLE",
    message: `The process that tried a step ended without a result${reason === "" ? "" : `: ${reason}`}.`,
    remedy: "Look at the machine's log for a process that was killed for want of memory.",
  };
}

function jsonOf(line: string): unknown {
  try {
    return JSON.parse(line) as unknown;
  } catch {
    return undefined;
  }
}
