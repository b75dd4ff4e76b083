import type { Plan } from "@fedace/ace-core/protocol";
import { Refusal } from "../identity/index.js";
import { findRun, readContext } from "../records/index.js";
import { isEligible } from "../rounds/index.js";
import type { EligibleParticipant, Run } from "../rounds/index.js";
import type { Sql } from "../store/index.js";

/** A site's place in a run. */
export interface Place {
  readonly run: Run;
  readonly plan: Plan;
  readonly participant: EligibleParticipant;
}

/**
 * Where a site stands in a run that it names.
 *
 * @throws Refusal RUN_UNKNOWN if there is no such run, or none that this site takes part in.
 */
export async function placeIn(sql: Sql, site: string, id: string): Promise<Place> {
  const run = await findRun(sql, id);
  if (run === undefined || run.state.stage.kind === "created") throw new Refusal("RUN_UNKNOWN");
  const { roster } = await readContext(sql, run);
  const participant = roster.find((one) => one.site === site);
  if (participant === undefined || !isEligible(participant)) throw new Refusal("RUN_UNKNOWN");
  return { run, plan: run.plan, participant };
}

/** Whether updates of this round are counted now. A missed quorum still takes late ones. */
export function takesUpdates({ state }: Run, round: number): boolean {
  const { stage, hold } = state;
  return stage.kind === "collecting" && stage.round === round && (hold === null || hold.by === "quorum");
}
