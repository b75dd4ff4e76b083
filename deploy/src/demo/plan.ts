import { RECOMMENDED } from "@fedace/ace-core/protocol";
import type { PlanInput } from "@fedace/ace-core/protocol";
import type { DemoOptions } from "./options.js";

/** Rounds and steps on generated brains, chosen so that the whole demo takes a few minutes on two cores. */
const PHANTOM = { rounds: 16, steps: 10 } as const;

/** The plan of a demo run: where it says nothing, `run create` takes what is recommended. */
export function demoPlan(options: DemoOptions, sites: number): PlanInput {
  const { rounds, steps } =
    options.tissue.length > 0 ? { rounds: RECOMMENDED.rounds, steps: RECOMMENDED.training.steps } : PHANTOM;
  return {
    name: "demo",
    classes: ["background", "CSF", "GM", "WM", "lesion"],
    inputs: ["T1w", "FLAIR"],
    spacing: [2, 2, 2],
    model: { preset: options.preset ?? "small" },
    loss: options.loss,
    training: { patch: [32, 32, 32], batch: 7, steps: options.steps ?? steps, optimizer: options.optimizer },
    rounds: options.rounds ?? rounds,
    quorum: { sites, perClass: 1, deadline: "30m" },
    seed: options.seed,
  };
}
