import { fileURLToPath } from "node:url";
import { ENGINE_NODE_FLAGS } from "@fedace/ace-core/engine";
import { z } from "zod";
import { siteError } from "../errors.js";
import { lastError } from "./command.js";
import type { Parts } from "./parts.js";

/** One training step of one engine, against the plain reference. */
const resultSchema = z.strictObject({
  engine: z.enum(["tensorflow", "wasm"]),
  device: z.string(),
  /** Length of the difference of the two updates of the weights, relative to that of the reference's. */
  difference: z.number().nullable(),
});
export const trialSchema = z.array(resultSchema).length(2);
export type TrialResult = z.output<typeof resultSchema>;

/**
 * Largest relative difference of the update: float32 in another order gives 1e-6 to 1e-5; graphics cards multiply in
 * TF32 with 10 bits of mantissa.
 */
const TOLERANCE = { cpu: 1e-4, gpu: 1e-2 } as const;

const TRIAL = fileURLToPath(new URL("./trial-main.js", import.meta.url));

export const toleranceOf = ({ engine, device }: TrialResult): number =>
  engine === "tensorflow" && device.endsWith("GPU") ? TOLERANCE.gpu : TOLERANCE.cpu;

/**
 * Trains one step on both engines and on the plain reference, in a process of its own, and compares.
 *
 * @param engines folder in which the tensorflow engine is
 * @throws ENGINE_INSTALL_CHECK
 */
export async function tryEngines({ run, env, signal }: Parts, engines: string): Promise<TrialResult[]> {
  const done = await run(process.execPath, [...ENGINE_NODE_FLAGS, TRIAL, engines], { env, signal });
  if (done.status !== 0) {
    throw siteError("ENGINE_INSTALL_CHECK", `A training step cannot be tried: ${lastError(done.tail)}.`);
  }
  const results = trialSchema.parse(JSON.parse(done.stdout.trim().split("\n").at(-1) ?? ""));
  for (const result of results) {
    const { engine, device, difference } = result;
    const tolerance = toleranceOf(result);
    // Not a number has no JSON and comes as null.
    if (difference === null || difference > tolerance) {
      throw siteError(
        "ENGINE_INSTALL_CHECK",
        `One training step on ${engine} (${device}) differs from the reference by ${difference ?? "NaN"}, more than ${tolerance}.`,
      );
    }
  }
  return results;
}
