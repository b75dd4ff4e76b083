import { labelSpace, resolveLabelMap } from "@fedace/ace-core/labels";
import { waitedFor } from "./context.js";
import type { RunContext } from "./context.js";
import type { RunEffect } from "./events.js";
import { closeRound, openEvaluation, openRound } from "./opening.js";
import { quorumGap } from "./quorum.js";
import { isEligible } from "./roster.js";
import { startProblem, starters } from "./starting.js";
import type { Collecting, Evaluating, RunState, Waiting } from "./state.js";

interface Step {
  readonly state: RunState;
  readonly effects: readonly RunEffect[];
}

/** Goes on as far as the facts allow: begins, gives out, closes at the quorum, pauses at the deadline, ends. */
export function advance(context: RunContext, step: Step, now: number): Step {
  const { stage, hold } = step.state;
  if (hold !== null && hold.by !== "quorum") return step;
  switch (stage.kind) {
    case "waiting":
      return begin(context, step, stage, now);
    case "collecting":
      return collect(context, step, stage, now);
    case "evaluating":
      return evaluate(context, step, stage, now);
    case "created":
    case "aggregating":
    case "completed":
    case "aborted":
    case "failed":
      return step;
  }
}

function begin(context: RunContext, step: Step, stage: Waiting, now: number): Step {
  // One site with a wrong label map must not end the run of all others: it waits until that is mended.
  const problem = startProblem(context) ?? null;
  if (problem !== null) {
    const told = problem.code === stage.problem?.code;
    const blocked: RunEffect = { type: "audit", event: "run.blocked", fields: { code: problem.code } };
    const effects = told ? step.effects : [...step.effects, blocked];
    return { state: { ...step.state, stage: { ...stage, problem } }, effects };
  }
  if (starters(context, stage.since, now) === undefined) {
    return { ...step, state: { ...step.state, stage: { ...stage, problem } } };
  }
  const { plan, initial } = context;
  const opened =
    plan.rounds === 0
      ? { stage: openEvaluation(plan, 0, initial, now), effects: [] }
      : openRound(plan, 1, initial, now);
  return advance(
    context,
    { state: { ...step.state, stage: opened.stage }, effects: [...step.effects, ...opened.effects] },
    now,
  );
}

function collect(context: RunContext, step: Step, before: Collecting, now: number): Step {
  const { plan, roster } = context;
  const held = step.state.hold !== null;
  // Whoever is there takes part, also in the middle of a round; while it is held nobody new is asked.
  const stage: Collecting = held ? before : { ...before, assigned: assignedNow(context, before.assigned) };
  const state: RunState = { ...step.state, stage };
  const space = labelSpace(plan.classes);
  const maps = stage.counted.map(({ labels }) => resolveLabelMap(labels, space));
  const possible = [...maps, ...roster.filter(isEligible).map(({ standing }) => standing.map)];
  const gap = quorumGap(plan, maps, possible);
  const waiting = waitedFor(context, state);
  const late = now >= stage.deadline;
  if (gap === undefined && (waiting.length === 0 || late || held)) {
    const closed = closeRound(stage);
    return { state: { stage: closed.stage, hold: null }, effects: [...step.effects, ...closed.effects] };
  }
  const settled = [...stage.counted.map(({ site }) => site), ...Object.keys(stage.declined)];
  const nobodyLeft = roster.filter(isEligible).every(({ site }) => settled.includes(site));
  if (held || gap === undefined || !(late || nobodyLeft)) return { ...step, state };
  const absent = roster
    .filter(({ site }) => !stage.counted.some((update) => update.site === site))
    .map(({ site }) => site);
  const from = absent.length === 0 ? "" : `; no update from ${absent.map((site) => reason(stage, site)).join(", ")}`;
  const problem = { code: "ROUND_QUORUM_MISSED", message: `Round ${stage.round} has updates of ${gap}${from}.` };
  return {
    state: { stage, hold: { by: "quorum", problem } },
    effects: [...step.effects, { type: "audit", event: "round.quorum-missed", fields: { round: stage.round, absent } }],
  };
}

function reason({ declined }: Collecting, site: string): string {
  const code = declined[site];
  return code === undefined ? site : `${site} (declined: ${code})`;
}

function evaluate(context: RunContext, step: Step, before: Evaluating, now: number): Step {
  const stage: Evaluating = { ...before, assigned: assignedNow(context, before.assigned) };
  const state: RunState = { ...step.state, stage };
  const done = stage.assigned.length > 0 && waitedFor(context, state).length === 0;
  if (!done && now < stage.deadline) return { ...step, state };
  const completed: RunEffect = { type: "audit", event: "run.completed", fields: { model: stage.model.sha256 } };
  return { state: { stage: { kind: "completed" }, hold: null }, effects: [...step.effects, completed] };
}

/** Sites stay assigned once they were: one that loses its connection trains on and delivers when it is back. */
function assignedNow({ roster }: RunContext, before: readonly string[]): string[] {
  const present = roster.filter((one) => one.connected && isEligible(one)).map(({ site }) => site);
  return [...new Set([...before, ...present])].sort();
}
