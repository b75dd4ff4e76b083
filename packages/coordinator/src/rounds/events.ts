import type { Counted, ModelRef, Problem, RunState } from "./state.js";

/** What a round has come to. */
export interface RoundResult {
  readonly model: ModelRef;
  /** The moving average over rounds, where the plan publishes one. */
  readonly average?: ModelRef;
  /** What the strategy keeps for the next round. */
  readonly state?: readonly ModelRef[];
}

/** What can happen to a run. */
export type RunEvent =
  | { readonly type: "start" | "pause" | "resume" | "abort" }
  /** Time has passed, or a site came, went, joined, was revoked or changed its manifest. */
  | { readonly type: "look" }
  /** The coordinator's process has started anew. */
  | { readonly type: "restarted" }
  | { readonly type: "counted"; readonly round: number; readonly update: Counted }
  | { readonly type: "declined"; readonly round: number; readonly site: string; readonly code: string }
  /** Updates that count are not on the disk any more, or not what they were: their sites are asked again. */
  | { readonly type: "updates-lost"; readonly round: number; readonly sites: readonly string[] }
  | ({ readonly type: "aggregated"; readonly round: number } & RoundResult)
  | { readonly type: "aggregation-failed"; readonly round: number; readonly problem: Problem }
  | { readonly type: "evaluated"; readonly round: number; readonly site: string };

/** What is to be written together with the new state. */
export type RunEffect =
  | {
      readonly type: "audit";
      readonly event: string;
      readonly fields: Readonly<Record<string, string | number | readonly string[]>>;
    }
  | { readonly type: "round-opened"; readonly round: number }
  /** A round that was closed waits for these sites again. */
  | { readonly type: "round-reopened"; readonly round: number; readonly sites: readonly string[] }
  | {
      readonly type: "round-closed";
      readonly round: number;
      /** Bytes of the updates counted, and of the model sent to the sites. */
      readonly bytesUp: number;
      readonly bytesDown: number;
    }
  /** The model after `round` is there. */
  | ({ readonly type: "model"; readonly round: number } & RoundResult);

export interface Transition {
  readonly state: RunState;
  readonly effects: readonly RunEffect[];
  /** The event was refused; the state may tell why. */
  readonly refused?: Problem;
}
