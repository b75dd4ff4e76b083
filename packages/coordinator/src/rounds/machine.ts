import { advance } from "./advance.js";
import { describe } from "./context.js";
import type { RunContext } from "./context.js";
import type { RunEffect, RunEvent, Transition } from "./events.js";
import { nextRound, reopenRound } from "./opening.js";
import { startProblem } from "./starting.js";
import { hasEnded } from "./state.js";
import type { Collecting, Counted, RunState, Stage } from "./state.js";

/** A round or evaluation that was under way gets at least this long after a restart, milliseconds: sites come back within seconds, uploads resume. */
export const RESTART_GRACE_MS = 5 * 60_000;

/**
 * One step of a run. Pure: everything that is to happen follows from the new state (`duties`) or is in the effects,
 * which the caller commits together with it.
 *
 * @param now Unix milliseconds
 */
export function transition(context: RunContext, state: RunState, event: RunEvent, now: number): Transition {
  switch (event.type) {
    case "start":
      return start(context, state, now);
    case "pause":
      return pause(state);
    case "resume":
      return resume(context, state, now);
    case "abort":
      return abort(state);
    case "look":
      return advance(context, { state, effects: [] }, now);
    case "restarted":
      return advance(context, { state: { ...state, stage: prolonged(context, state.stage, now) }, effects: [] }, now);
    case "counted":
      return inRound(state, "collecting", event.round, (stage) =>
        advance(context, count(state, stage, event.update), now),
      );
    case "declined":
      return declined(context, state, event, now);
    case "updates-lost":
      return inRound(state, "aggregating", event.round, (stage) => {
        const reopened = reopenRound(context.plan, stage, event.sites, now);
        return advance(context, { state: { ...state, stage: reopened.stage }, effects: reopened.effects }, now);
      });
    case "aggregated":
      return inRound(state, "aggregating", event.round, (stage) => {
        const next = nextRound(context, stage, event, now);
        return advance(context, { state: { ...state, stage: next.stage }, effects: next.effects }, now);
      });
    case "aggregation-failed":
      return inRound(state, "aggregating", event.round, () => ({
        state: { ...state, hold: { by: "failure", problem: event.problem } },
        effects: [audit("round.failed", { round: event.round, code: event.problem.code })],
      }));
    case "evaluated":
      return inRound(state, "evaluating", event.round, (stage) => {
        if (stage.answered.includes(event.site)) return { state, effects: [] };
        const answered = [...stage.answered, event.site].sort();
        return advance(context, { state: { ...state, stage: { ...stage, answered } }, effects: [] }, now);
      });
  }
}

function start(context: RunContext, state: RunState, now: number): Transition {
  if (state.stage.kind !== "created") return refuse(state, `It has been started: it is ${describe(state)}.`);
  const problem = startProblem(context);
  if (problem !== undefined) {
    return {
      state: { ...state, stage: { kind: "created", refusal: problem } },
      effects: [audit("run.refused", { code: problem.code })],
      refused: problem,
    };
  }
  const waiting: RunState = { stage: { kind: "waiting", since: now, problem: null }, hold: null };
  return advance(context, { state: waiting, effects: [audit("run.started", {})] }, now);
}

function pause(state: RunState): Transition {
  if (state.stage.kind === "created" || hasEnded(state) || state.hold?.by === "operator") {
    return refuse(state, `It cannot be paused: it is ${describe(state)}.`);
  }
  return { state: { ...state, hold: { by: "operator" } }, effects: [audit("run.paused", {})] };
}

function resume(context: RunContext, state: RunState, now: number): Transition {
  if (state.hold === null) return refuse(state, `It is not paused: it is ${describe(state)}.`);
  const { stage } = state;
  const deadline = now + context.plan.quorum.deadline;
  const resumed: Stage =
    stage.kind === "collecting"
      ? { ...stage, deadline, declined: {} }
      : stage.kind === "evaluating"
        ? { ...stage, deadline }
        : stage.kind === "waiting"
          ? { ...stage, since: now }
          : stage;
  return advance(context, { state: { stage: resumed, hold: null }, effects: [audit("run.resumed", {})] }, now);
}

function abort(state: RunState): Transition {
  if (hasEnded(state)) return refuse(state, `It cannot be aborted: it is ${describe(state)}.`);
  const round = "round" in state.stage ? state.stage.round : 0;
  return {
    state: { stage: { kind: "aborted", round }, hold: null },
    effects: [audit("run.aborted", { round })],
  };
}

/** An update counts once, whatever arrives how often. */
function count(state: RunState, stage: Collecting, update: Counted): { state: RunState; effects: RunEffect[] } {
  if (stage.counted.some(({ site }) => site === update.site)) return { state, effects: [] };
  const counted = [...stage.counted, update].sort((a, b) => (a.site < b.site ? -1 : 1));
  const assigned = stage.assigned.includes(update.site) ? stage.assigned : [...stage.assigned, update.site].sort();
  const fields = { round: stage.round, site: update.site, sha256: update.sha256, bytes: update.bytes };
  return { state: { ...state, stage: { ...stage, counted, assigned } }, effects: [audit("update.counted", fields)] };
}

function declined(
  context: RunContext,
  state: RunState,
  event: { readonly round: number; readonly site: string; readonly code: string },
  now: number,
): Transition {
  const { site, code, round } = event;
  const effects = [audit("round.declined", { round, site, code })];
  const { stage } = state;
  if (stage.kind === "evaluating" && stage.round === round && !stage.answered.includes(site)) {
    const answered = [...stage.answered, site].sort();
    return advance(context, { state: { ...state, stage: { ...stage, answered } }, effects }, now);
  }
  return inRound(state, "collecting", round, (collecting) => {
    if (collecting.counted.some((update) => update.site === site)) return { state, effects: [] };
    // Said once it is said: again and again would fill the log.
    if (collecting.declined[site] === code) return { state, effects: [] };
    const changed = { ...collecting, declined: { ...collecting.declined, [site]: code } };
    return advance(context, { state: { ...state, stage: changed }, effects }, now);
  });
}

/** Applies `handle` if the run is at this stage of this round; anything else comes too late and changes nothing. */
function inRound<K extends "collecting" | "aggregating" | "evaluating">(
  state: RunState,
  kind: K,
  round: number,
  handle: (stage: Extract<Stage, { kind: K }>) => Transition,
): Transition {
  const { stage } = state;
  if (stage.kind !== kind || !("round" in stage) || stage.round !== round) return { state, effects: [] };
  return handle(stage as Extract<Stage, { kind: K }>);
}

function prolonged(context: RunContext, stage: Stage, now: number): Stage {
  const least = now + Math.min(context.plan.quorum.deadline, RESTART_GRACE_MS);
  if (stage.kind === "collecting" || stage.kind === "evaluating") {
    return { ...stage, deadline: Math.max(stage.deadline, least) };
  }
  return stage.kind === "waiting" ? { ...stage, since: now } : stage;
}

function refuse(state: RunState, message: string): Transition {
  return { state, effects: [], refused: { code: "RUN_STATE", message } };
}

function audit(event: string, fields: Extract<RunEffect, { type: "audit" }>["fields"]): RunEffect {
  return { type: "audit", event, fields };
}
