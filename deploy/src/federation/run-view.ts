import { z } from "zod";
import { followCommand } from "./processes.js";

const dice = z.record(z.string(), z.number().nullable());

/** The part of `run show --json` that an onlooker needs. */
const runViewSchema = z.object({
  /** A stage such as `collecting`, or `completed`, `failed`, `aborted`, `paused`. */
  state: z.string(),
  description: z.string(),
  round: z.number(),
  rounds: z.number(),
  ended: z.boolean(),
  problem: z.object({ code: z.string(), message: z.string() }).nullable(),
  secondsLeft: z.number().nullable(),
  history: z.array(
    z.object({ round: z.number(), seconds: z.number().nullable(), bytesUp: z.number(), bytesDown: z.number() }),
  ),
  /** Per scored model, from the initial one (0) on: Dice per site and the mean per class. */
  scores: z.array(z.object({ model: z.number(), classes: dice, sites: z.array(z.object({ site: z.string(), dice })) })),
  best: z.number().nullable(),
});
export type RunView = z.output<typeof runViewSchema>;

/**
 * Watches a run with `run show --watch` until it ends, and returns its last view.
 *
 * @param onView called at every change.
 */
export async function watchRun(data: string, run: string, onView: (view: RunView) => void): Promise<RunView> {
  let last: RunView | undefined;
  await followCommand("coordinator", ["run", "show", run, "--data", data, "--watch"], (line) => {
    last = runViewSchema.parse(line);
    onView(last);
  });
  if (last === undefined) throw new TypeError("run show printed nothing");
  return last;
}
