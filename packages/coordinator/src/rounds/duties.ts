import { waitedFor } from "./context.js";
import type { RunContext } from "./context.js";
import { START_GRACE_MS } from "./starting.js";
import type { Aggregating, ModelRef, RunState } from "./state.js";

/** What one site is to do. */
export interface Duty {
  readonly kind: "train" | "evaluate";
  readonly round: number;
  readonly model: ModelRef;
  readonly deadline: number;
}

/** What is to be going on while a run is in a state; the driver makes it so, after a restart as well. */
export interface Duties {
  /** Per site that has not delivered yet. */
  readonly sites: ReadonlyMap<string, Duty>;
  /** Round to be averaged. */
  readonly aggregate: Aggregating | undefined;
  /** When to look again although nothing happens, Unix milliseconds. */
  readonly wakeAt: number | undefined;
}

/** Duties follow from the state alone, whatever way led to it. */
export function duties(context: RunContext, state: RunState): Duties {
  const { stage, hold } = state;
  const idle: Duties = { sites: new Map(), aggregate: undefined, wakeAt: undefined };
  if (hold !== null) return idle;
  switch (stage.kind) {
    case "waiting":
      return { ...idle, wakeAt: stage.since + START_GRACE_MS };
    case "collecting":
    case "evaluating": {
      const { round, model, deadline } = stage;
      const kind = stage.kind === "collecting" ? "train" : "evaluate";
      const sites = new Map(waitedFor(context, state).map((site) => [site, { kind, round, model, deadline } as const]));
      return { sites, aggregate: undefined, wakeAt: deadline };
    }
    case "aggregating":
      return { ...idle, aggregate: stage };
    case "created":
    case "completed":
    case "aborted":
    case "failed":
      return idle;
  }
}

/** What a site is told when a duty it was given is none any more; undefined where it need not hear of it. */
export function closingReason(
  round: number,
  { stage, hold }: RunState,
): "aggregated" | "paused" | "aborted" | "failed" | undefined {
  if (stage.kind === "aborted") return "aborted";
  if (stage.kind === "failed") return "failed";
  const over = !("round" in stage) || stage.round > round || stage.kind === "aggregating";
  if (over) return "aggregated";
  // Held for want of a quorum, the round still takes what sites are working on.
  return hold?.by === "operator" ? "paused" : undefined;
}
