import type { Plan } from "@fedace/ace-core/protocol";
import { isEligible } from "./roster.js";
import type { Participant } from "./roster.js";
import type { Hold, ModelRef, RunState } from "./state.js";

/** What the machine looks at besides its state: facts, as they are at the moment of the event. */
export interface RunContext {
  readonly plan: Plan;
  /** Joined sites that are not revoked, in the order of their names. */
  readonly roster: readonly Participant[];
  /** The initial model. */
  readonly initial: ModelRef;
  /** The best model of a run that is to stop early and has nothing to hope for any more, as from `exhausted`. */
  readonly exhausted?: number | undefined;
}

/** A run's state in one word, for machines. */
export function stateWord({ stage, hold }: RunState): RunState["stage"]["kind"] | "paused" {
  return hold === null ? stage.kind : "paused";
}

/** A run's state in a few words. */
export function describe(state: RunState): string {
  const { stage, hold } = state;
  const paused: Record<Hold["by"], string> = {
    operator: "paused",
    quorum: "paused, the quorum was missed",
    failure: "paused after a failure",
  };
  if (hold !== null) return "round" in stage ? `${paused[hold.by]}, in round ${stage.round}` : paused[hold.by];
  switch (stage.kind) {
    case "waiting":
      return "waiting for sites";
    case "collecting":
      return `in round ${stage.round}`;
    case "aggregating":
      return `averaging round ${stage.round}`;
    case "evaluating":
      return "scoring the final model";
    case "created":
    case "completed":
    case "aborted":
    case "failed":
      return stage.kind;
  }
}

/** Sites that a run waits for now: those that have not answered, or in `waiting` those that are not there. */
export function waitedFor({ roster }: RunContext, { stage }: RunState): string[] {
  switch (stage.kind) {
    case "waiting":
      return roster.filter((one) => !one.connected || one.standing.kind === "unknown").map(({ site }) => site);
    case "collecting": {
      const settled = new Set([...stage.counted.map(({ site }) => site), ...Object.keys(stage.declined)]);
      const known = new Set(roster.filter(isEligible).map(({ site }) => site));
      return stage.assigned.filter((site) => !settled.has(site) && known.has(site));
    }
    case "evaluating": {
      const known = new Set(roster.map(({ site }) => site));
      return stage.assigned.filter((site) => !stage.answered.includes(site) && known.has(site));
    }
    case "created":
    case "aggregating":
    case "completed":
    case "aborted":
    case "failed":
      return [];
  }
}
