import { RECOMMENDED } from "@fedace/ace-core/protocol";
import type { PlanInput } from "@fedace/ace-core/protocol";
import type { DemoOptions } from "./options.js";

/**
 * On generated brains: as much work as 16 rounds of 10 steps of 7 patches, in smaller and more steps, which learn more of it. The
 * whole demo takes about two minutes on two cores.
 */
const PHANTOM = { rounds: 16, steps: 23, batch: 3 } as const;
/** On archives that are given. */
const GIVEN = { rounds: RECOMMENDED.rounds, steps: RECOMMENDED.training.steps, batch: 7 } as const;

/** The plan of a demo run: where it says nothing, `run create` takes what is recommended. */
export function demoPlan(options: DemoOptions, sites: number): PlanInput {
  const { rounds, steps, batch } = options.tissue.length > 0 ? GIVEN : PHANTOM;
  return {
    name: "demo",
    classes: ["background", "CSF", "GM", "WM", "lesion"],
    inputs: ["T1w", "FLAIR"],
    spacing: [2, 2, 2],
    model: { preset: options.preset ?? "small" },
    loss: options.loss,
    training: { patch: [32, 32, 32], batch, steps: options.steps ?? steps, optimizer: options.optimizer },
    rounds: options.rounds ?? rounds,
    quorum: { sites, perClass: 1, deadline: "30m" },
    seed: options.seed,
  };
}
