import type { Plan } from "@fedace/ace-core/protocol";
import type { RunContext } from "./context.js";
import type { RoundResult, RunEffect } from "./events.js";
import type { Aggregating, Collecting, Evaluating, ModelRef, Stage } from "./state.js";

/** Longest the scoring of the final model is waited for, milliseconds: the model is there already. */
const EVALUATION_DEADLINE_MS = 10 * 60_000;

/** A round that waits for updates which start from `model`. */
export function openRound(
  plan: Plan,
  round: number,
  model: ModelRef,
  now: number,
): { stage: Stage; effects: RunEffect[] } {
  const deadline = now + plan.quorum.deadline;
  return {
    stage: { kind: "collecting", round, model, deadline, assigned: [], counted: [], declined: {} },
    effects: [
      { type: "round-opened", round },
      { type: "audit", event: "round.opened", fields: { round, model: model.sha256 } },
    ],
  };
}

/** What follows when a round's average is there: the next round, or the scoring of the final model. */
export function nextRound(
  { plan, exhausted }: RunContext,
  { round, counted }: Aggregating,
  { model, average, state = [] }: RoundResult,
  now: number,
): { stage: Stage; effects: RunEffect[] } {
  const sites = counted.map(({ site }) => site);
  const smooth = average === undefined ? {} : { average };
  const effects: RunEffect[] = [
    { type: "model", round, model, state, ...smooth },
    {
      type: "audit",
      event: "round.aggregated",
      fields: { round, model: model.sha256, ...(average === undefined ? {} : { average: average.sha256 }), sites },
    },
  ];
  if (round < plan.rounds && exhausted !== undefined) {
    const stopped: RunEffect = { type: "audit", event: "run.stopped-early", fields: { round, best: exhausted } };
    return { stage: openEvaluation(plan, round, model, now), effects: [...effects, stopped] };
  }
  if (round < plan.rounds) {
    const next = openRound(plan, round + 1, model, now);
    return { stage: next.stage, effects: [...effects, ...next.effects] };
  }
  return { stage: openEvaluation(plan, round, model, now), effects };
}

/**
 * The scoring of the final model, or of the one that a run without rounds is about: then nothing else is done.
 *
 * @param after the last round, 0 for none
 */
export function openEvaluation({ rounds, quorum }: Plan, after: number, model: ModelRef, now: number): Evaluating {
  const longest = rounds === 0 ? quorum.deadline : Math.min(quorum.deadline, EVALUATION_DEADLINE_MS);
  return { kind: "evaluating", round: after + 1, model, deadline: now + longest, assigned: [], answered: [] };
}

/** Ends the collecting of updates. */
export function closeRound({ round, model, counted, assigned }: Collecting): {
  stage: Aggregating;
  effects: RunEffect[];
} {
  return {
    stage: { kind: "aggregating", round, model, counted },
    effects: [
      {
        type: "round-closed",
        round,
        bytesUp: counted.reduce((sum, { bytes }) => sum + bytes, 0),
        bytesDown: model.bytes * assigned.length,
      },
    ],
  };
}

/** Takes up the collecting of updates again, since those of `sites` are lost; the others still count. */
export function reopenRound(
  plan: Plan,
  { round, model, counted }: Aggregating,
  sites: readonly string[],
  now: number,
): { stage: Collecting; effects: RunEffect[] } {
  return {
    stage: {
      kind: "collecting",
      round,
      model,
      deadline: now + plan.quorum.deadline,
      assigned: counted.map(({ site }) => site),
      counted: counted.filter(({ site }) => !sites.includes(site)),
      declined: {},
    },
    effects: [
      { type: "round-reopened", round, sites },
      { type: "audit", event: "update.lost", fields: { round, sites } },
    ],
  };
}
