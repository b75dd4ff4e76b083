import { LIMITS } from "@fedace/ace-core/protocol";
import type { VerifiedAssignment } from "../identity/index.js";
import { consequence, MAX_FAILURES, pauseMs } from "./refusals.js";
import type { Delivery, Outcome, SessionEffect, SessionEvent, SessionState, Work } from "./state.js";

/** A state and what the driver is to do now, in this order. */
interface Step {
  readonly state: SessionState;
  readonly effects: readonly SessionEffect[];
}

/** Pause before a refused manifest is sent again, milliseconds. */
const GREET_PAUSE_MS = 10_000;

/**
 * One step of a site's session. Pure: the driver feeds it what happened and does what it says.
 *
 * The connection and the work are independent: losing the connection stops transfers, never training, and whatever
 * is owed is delivered when the coordinator has answered the manifest again.
 *
 * @param now Unix time in milliseconds
 */
export function step(state: SessionState, event: SessionEvent, now: number): Step {
  switch (event.type) {
    case "connected":
    case "greet-again":
      if (event.type === "greet-again" && state.link !== "greeting") return stay(state);
      return { state: { ...state, link: "greeting" }, effects: [{ type: "greet" }] };
    case "disconnected":
      return { state: { ...state, link: "down", work: halted(state.work) }, effects: [{ type: "halt" }] };
    case "welcomed":
      return state.link === "greeting" ? advance({ ...state, link: "up" }) : stay(state);
    case "greeting-failed":
      if (state.link !== "greeting") return stay(state);
      return {
        state,
        effects: [
          {
            type: "say",
            level: "error",
            what: { about: "greeting-failed", code: event.code, afterMs: GREET_PAUSE_MS },
          },
          { type: "later", afterMs: GREET_PAUSE_MS, event: { type: "greet-again" } },
        ],
      };
    case "assigned":
      return assigned(state, event.assignment, now);
    case "closed":
      return closed(state, event.run, event.round, event.reason);
    case "restored":
      return then(
        { ...state, work: delivering(event.assignment, { kind: "update", update: event.update }) },
        { type: "say", level: "info", what: { about: "restored", assignment: event.assignment } },
      );
    case "downloaded":
      return withAttempt(state, event.attempt, "downloading", (work) => startWork(state, work.assignment, 0));
    case "worked":
      return withAttempt(state, event.attempt, "working", (work) =>
        advance({ ...state, work: delivering(work.assignment, event.delivery) }),
      );
    case "work-failed":
      return withAttempt(state, event.attempt, "working", (work) => workFailed(state, work, event.code));
    case "delivered":
      return withAttempt(state, event.attempt, "delivering", (work) =>
        finish(state, work.assignment, work.delivery, work.delivery.kind === "update" ? "counted" : "answered"),
      );
    case "transfer-failed":
      return transferFailed(state, event.attempt, event.code);
    case "transfer-again":
      return advance(state);
  }
}

const stay = (state: SessionState): Step => ({ state, effects: [] });

/** `state`, advanced as far as it goes, after `first`. */
function then(state: SessionState, ...first: SessionEffect[]): Step {
  const next = advance(state);
  return { state: next.state, effects: [...first, ...next.effects] };
}

function delivering(assignment: VerifiedAssignment, delivery: Delivery): Work {
  return { assignment, stage: "delivering", attempt: null, delivery, failures: 0 };
}

/** A transfer ends with its connection; work does not. */
function halted(work: Work | null): Work | null {
  return work?.stage === "downloading" || work?.stage === "delivering" ? { ...work, attempt: null } : work;
}

/** Runs `handle` if the work in hand is in this stage and this attempt; anything else comes too late. */
function withAttempt<S extends "downloading" | "working" | "delivering">(
  state: SessionState,
  attempt: number,
  stage: S,
  handle: (work: Extract<Work, { stage: S }>) => Step,
): Step {
  const { work } = state;
  if (work?.stage !== stage || work.attempt !== attempt) return stay(state);
  return handle(work as Extract<Work, { stage: S }>);
}

/** Starts what waits for the connection, or else the next assignment in the queue. */
function advance(state: SessionState): Step {
  const { work } = state;
  if (work === null || work.stage === "finished") {
    const [next, ...queue] = state.queue;
    if (next === undefined) return stay(state);
    const effects: SessionEffect[] = work === null ? [] : [{ type: "discard", assignment: work.assignment }];
    const taken = take({ ...state, queue }, next);
    return { state: taken.state, effects: [...effects, ...taken.effects] };
  }
  if (state.link !== "up" || work.stage === "working" || work.attempt !== null) return stay(state);
  const attempt = state.attempts + 1;
  const { assignment } = work;
  return {
    state: { ...state, attempts: attempt, work: { ...work, attempt } },
    effects: [
      work.stage === "downloading"
        ? { type: "download", attempt, assignment }
        : { type: "deliver", attempt, assignment, delivery: work.delivery },
    ],
  };
}

function take(state: SessionState, assignment: VerifiedAssignment): Step {
  return then({ ...state, work: { assignment, stage: "downloading", attempt: null, failures: 0 } });
}

function startWork(state: SessionState, assignment: VerifiedAssignment, failures: number): Step {
  const attempt = state.attempts + 1;
  return {
    state: { ...state, attempts: attempt, work: { assignment, stage: "working", attempt, failures } },
    effects: [{ type: "work", attempt, assignment }],
  };
}

/** Whether two assignments ask for the same: then the second changes nothing but the deadline. */
function isSame(a: VerifiedAssignment, b: VerifiedAssignment): boolean {
  return a.run === b.run && a.round === b.round && a.kind === b.kind && a.model.sha256 === b.model.sha256;
}

function assigned(state: SessionState, assignment: VerifiedAssignment, now: number): Step {
  const { work } = state;
  if (work !== null && isSame(work.assignment, assignment)) {
    const renewed = { ...state, work: { ...work, assignment } };
    // The coordinator would not ask again had the answer reached it. A refused one would be refused again.
    if (work.stage !== "finished" || work.outcome === "refused") return advance(renewed);
    // With more time than before it is a run that was resumed: what stood in the way may be gone.
    if (work.delivery.kind === "decline" && assignment.deadline > work.assignment.deadline) {
      return retaken(state, work.assignment, assignment);
    }
    return advance({ ...state, work: delivering(assignment, work.delivery) });
  }
  if (assignment.deadline + LIMITS.clockSkewSeconds * 1000 < now) {
    return { state, effects: [{ type: "say", level: "warn", what: { about: "late", assignment } }] };
  }
  const waits = isBusyElsewhere(work, assignment) || isUnsettled(work, assignment);
  const say: SessionEffect = { type: "say", level: "info", what: { about: "assigned", assignment, queued: waits } };
  const queue = state.queue.filter((waiting) => waiting.run !== assignment.run);
  if (waits) return { state: { ...state, queue: [...queue, assignment] }, effects: [say] };
  const taken = take({ ...state, queue }, assignment);
  const effects: SessionEffect[] = work === null ? [] : [{ type: "discard", assignment: work.assignment }];
  return { state: taken.state, effects: [...effects, say, ...taken.effects] };
}

function isBusyElsewhere(work: Work | null, { run }: VerifiedAssignment): boolean {
  return work !== null && work.stage !== "finished" && work.assignment.run !== run;
}

/**
 * Whether an update of an earlier round is on its way, perhaps for the second time since nobody knows what became of
 * the first: the coordinator's answer takes no time, and says whether it was counted.
 */
function isUnsettled(work: Work | null, { run, round }: VerifiedAssignment): boolean {
  return work !== null && isUpdateOnItsWay(work) && work.assignment.run === run && work.assignment.round < round;
}

function isUpdateOnItsWay(work: Work | null): boolean {
  return work?.stage === "delivering" && work.delivery.kind === "update";
}

/** Begins an assignment anew that this site had declined. */
function retaken(state: SessionState, before: VerifiedAssignment, assignment: VerifiedAssignment): Step {
  const taken = take(state, assignment);
  const say: SessionEffect = {
    type: "say",
    level: "info",
    what: { about: "assigned", assignment, queued: false },
  };
  return { state: taken.state, effects: [{ type: "discard", assignment: before }, say, ...taken.effects] };
}

function closed(state: SessionState, run: string, round: number, reason: string): Step {
  const is = (assignment: VerifiedAssignment): boolean => assignment.run === run && assignment.round === round;
  const queue = state.queue.filter((waiting) => !is(waiting));
  const { work } = state;
  if (work === null || !is(work.assignment)) return stay({ ...state, queue });
  // A counted update may be averaged before its acknowledgement is here: that will tell, as will a refusal.
  const tells = isUpdateOnItsWay(work) || (work.stage === "delivering" && work.attempt !== null);
  if (tells && reason === "aggregated") return stay({ ...state, queue });
  const level = work.stage === "finished" ? "info" : "warn";
  return then(
    { ...state, queue, work: null },
    { type: "discard", assignment: work.assignment },
    { type: "say", level, what: { about: "closed", assignment: work.assignment, reason } },
  );
}

function workFailed(state: SessionState, work: Work, code: string): Step {
  const { assignment } = work;
  const failures = work.failures + 1;
  if (code === "WORKER_CRASHED" && failures <= MAX_FAILURES) {
    const again = startWork(state, assignment, failures);
    const say: SessionEffect = { type: "say", level: "warn", what: { about: "restart", assignment, code } };
    return { state: again.state, effects: [say, ...again.effects] };
  }
  // A model that was whole when it came is not what it was: it is fetched anew.
  if (code === "MODEL_DAMAGED" && failures <= MAX_FAILURES) {
    return advance({ ...state, work: { assignment, stage: "downloading", attempt: null, failures } });
  }
  return advance({ ...state, work: delivering(assignment, { kind: "decline", code }) });
}

function finish(state: SessionState, assignment: VerifiedAssignment, delivery: Delivery, outcome: Outcome): Step {
  return then(
    { ...state, work: { assignment, stage: "finished", delivery, outcome, failures: 0 } },
    { type: "say", level: "info", what: { about: "finished", assignment, delivery } },
  );
}

function transferFailed(state: SessionState, attempt: number, code: string): Step {
  const { work } = state;
  if ((work?.stage !== "downloading" && work?.stage !== "delivering") || work.attempt !== attempt) return stay(state);
  const { assignment } = work;
  const failures = work.failures + 1;
  const meaning = consequence(code);
  if (meaning === "gone") return closed(state, assignment.run, assignment.round, code);
  if (meaning === "counted" && work.stage === "delivering") {
    return finish(state, assignment, work.delivery, "counted");
  }
  if (meaning === "again" || (meaning === "limited" && failures <= MAX_FAILURES)) {
    const afterMs = pauseMs(failures);
    return {
      state: { ...state, work: { ...work, attempt: null, failures } },
      effects: [
        { type: "say", level: "warn", what: { about: "again", assignment, code, afterMs } },
        { type: "later", afterMs, event: { type: "transfer-again" } },
      ],
    };
  }
  if (work.stage === "downloading") {
    return advance({ ...state, work: delivering(assignment, { kind: "decline", code }) });
  }
  return then(
    { ...state, work: { assignment, stage: "finished", delivery: work.delivery, outcome: "refused", failures: 0 } },
    { type: "say", level: "error", what: { about: "refused", assignment, code } },
  );
}
