/**
 * What a failed transfer means for the work in hand.
 *
 * - `again`: the same once more, after a pause
 * - `limited`: once more, but not for ever
 * - `counted`: it had arrived already
 * - `gone`: the round or the run is over
 * - `final`: the coordinator will never take it
 */
type Consequence = "again" | "limited" | "counted" | "gone" | "final";

const CONSEQUENCES: Readonly<Record<string, Consequence>> = {
  CONNECTION_LOST: "again",
  COORDINATOR_BUSY: "again",
  RATE_LIMITED: "again",
  UPDATE_OFFSET: "limited",
  UPDATE_UNKNOWN: "limited",
  UPDATE_CHECKSUM: "limited",
  COORDINATOR_ANSWER: "limited",
  MODEL_DAMAGED: "limited",
  UPDATE_DUPLICATE: "counted",
  ROUND_CLOSED: "gone",
  RUN_UNKNOWN: "gone",
};

export function consequence(code: string): Consequence {
  return CONSEQUENCES[code] ?? "final";
}

/** How often a `limited` failure is tried again, and a crashed training process started again. */
export const MAX_FAILURES = 3;

/** Pause before a failed transfer is tried again, milliseconds: doubling from one second to a minute. */
export function pauseMs(failures: number): number {
  return Math.min(60_000, 1000 * 2 ** Math.min(Math.max(0, failures - 1), 10));
}
