import type { Plan } from "@fedace/ace-core/protocol";
import type { ModelRef, RunState } from "./state.js";

/** A run: what it is to do and where it stands. Times are Unix milliseconds. */
export interface Run {
  readonly id: string;
  readonly createdAt: number;
  readonly updatedAt: number;
  readonly plan: Plan;
  /** The sites that may take part, by name; null for every site that has joined. */
  readonly sites: readonly string[] | null;
  readonly state: RunState;
}

/** One round of a run; `closedAt` null while it goes on. */
export interface RoundRow {
  readonly round: number;
  readonly startedAt: number;
  readonly closedAt: number | null;
  readonly bytesUp: number;
  readonly bytesDown: number;
}

export interface ModelRow extends ModelRef {
  /** The round it is the average of; 0 is the initial model. */
  readonly round: number;
  /** What is scored and published for the round: a moving average over rounds where the plan has one, else the model. */
  readonly published: ModelRef;
  /** What the plan's strategy keeps for the next round: vectors of the model's layout, none for most. */
  readonly state: readonly ModelRef[];
  readonly createdAt: number;
  /** When its weights were taken out of the store; null while they are in it. */
  readonly prunedAt: number | null;
}
