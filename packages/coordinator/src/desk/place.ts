import type { Plan } from "@fedace/ace-core/protocol";
import { Refusal } from "../identity/index.js";
import type { RunReader } from "../records/index.js";
import { isEligible } from "../rounds/index.js";
import type { EligibleParticipant, Run } from "../rounds/index.js";

export type PlaceReader = Pick<RunReader, "read">;

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
export async function placeIn(reader: PlaceReader, site: string, id: string): Promise<Place> {
  const view = await reader.read(id);
  if (view === undefined || view.run.state.stage.kind === "created") throw new Refusal("RUN_UNKNOWN");
  const participant = view.context.roster.find((one) => one.site === site);
  if (participant === undefined || !isEligible(participant)) throw new Refusal("RUN_UNKNOWN");
  return { run: view.run, plan: view.run.plan, participant };
}

/** Whether updates of this round are counted now. A missed quorum still takes late ones. */
export function takesUpdates({ state }: Run, round: number): boolean {
  const { stage, hold } = state;
  return stage.kind === "collecting" && stage.round === round && (hold === null || hold.by === "quorum");
}
