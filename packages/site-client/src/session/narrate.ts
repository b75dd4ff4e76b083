import { duration, size } from "@fedace/ace-core/host";
import type { Evaluation } from "@fedace/ace-core/protocol";
import type { VerifiedAssignment } from "../identity/index.js";
import type { Delivery, Saying } from "./state.js";

/** `1 case`, `12 cases`. */
export function casesOf(count: number): string {
  return `${count} ${count === 1 ? "case" : "cases"}`;
}

/** `round 3 of 50`, or what else the assignment asks for. */
export function title({ kind, round, plan }: VerifiedAssignment): string {
  return kind === "evaluate" ? "final score" : `round ${round} of ${plan.rounds}`;
}

/** `CSF .81, GM .80`: the classes that could be scored. */
export function scores(evaluation: Evaluation): string {
  const known = Object.entries(evaluation.dice).flatMap(([name, dice]) =>
    dice === null ? [] : [`${name} ${dice.toFixed(2).replace(/^0/, "")}`],
  );
  return known.length === 0 ? "nothing to score" : known.join(", ");
}

function ending(delivery: Delivery): string {
  switch (delivery.kind) {
    case "update":
      return `uploaded ${size(delivery.update.bytes)} and counted`;
    case "evaluation":
      return `scored, ${scores(delivery.evaluation)}`;
    case "decline":
      return `declined with ${delivery.code}`;
  }
}

const CLOSED: Readonly<Record<string, string>> = {
  aggregated: "complete",
  paused: "paused by the operator",
  aborted: "stopped by the operator",
  failed: "failed, not enough updates came in time",
  ROUND_CLOSED: "was closed while this site was away",
  RUN_UNKNOWN: "is no longer known to the coordinator",
};

/** The time of day where the site is, as the console's lines have it. */
const timeOfDay = (ms: number): string => new Date(ms).toTimeString().slice(0, 5);

/** One line for the console. */
export function narrate(what: Saying): string {
  switch (what.about) {
    case "assigned":
      return [
        `${title(what.assignment)} of ${what.assignment.plan.name}: assigned`,
        `model of ${size(what.assignment.model.bytes)}`,
        `open until ${timeOfDay(what.assignment.deadline)}`,
        ...(what.queued ? ["waits for the work in hand"] : []),
      ].join(", ");
    case "late":
      return `${title(what.assignment)}: the assignment's time is over, so it is left alone`;
    case "closed":
      return `${title(what.assignment)}: ${CLOSED[what.reason] ?? what.reason}`;
    case "restored":
      return `${title(what.assignment)}: a finished update from before the restart waits for delivery`;
    case "again":
      return `${title(what.assignment)}: ${what.code}, next attempt in ${duration(what.afterMs)}`;
    case "restart":
      return `${title(what.assignment)}: ${what.code}, starting this round over`;
    case "finished":
      return `${title(what.assignment)}: ${ending(what.delivery)}; waiting for the next`;
    case "refused":
      return `${title(what.assignment)}: the coordinator refused the update with ${what.code}`;
    case "greeting-failed":
      return `the coordinator did not take the manifest (${what.code}), next attempt in ${duration(what.afterMs)}`;
  }
}
