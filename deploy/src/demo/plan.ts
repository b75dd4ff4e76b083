import type { PlanInput } from "@fedace/ace-core/protocol";
import type { DemoOptions } from "./options.js";

/**
 * Rounds of the demo on generated brains, chosen so that the whole demo takes a few minutes on two cores. On real
 * archives the plan is the README's default one: 50 rounds of 10 steps.
 */
const PHANTOM_ROUNDS = 16;
const ARCHIVE_ROUNDS = 50;
const STEPS = 10;

/** The plan of a demo run. */
export function demoPlan(options: DemoOptions, sites: number): PlanInput {
  const real = options.tissue.length > 0;
  return {
    name: "demo",
    classes: ["background", "CSF", "GM", "WM", "lesion"],
    inputs: ["T1w", "FLAIR"],
    spacing: [2, 2, 2],
    model: { preset: options.preset ?? "small" },
    loss: options.loss,
    training: { patch: [32, 32, 32], batch: 7, steps: options.steps ?? STEPS, optimizer: options.optimizer },
    rounds: options.rounds ?? (real ? ARCHIVE_ROUNDS : PHANTOM_ROUNDS),
    quorum: { sites, perClass: 1, deadline: "30m" },
    seed: options.seed,
  };
}
