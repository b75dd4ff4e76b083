import type { LabelMapConfig } from "@fedace/ace-core/labels";

/** Why something does not go on: an error code and what happened in this case. */
export interface Problem {
  readonly code: string;
  readonly message: string;
}

/** A model in the object store. */
export interface ModelRef {
  readonly sha256: string;
  readonly bytes: number;
}

/** An update that counts. */
export interface Counted extends ModelRef {
  readonly site: string;
  /** Training cases, and voxels per annotated class: what the average may be weighted by. */
  readonly cases: number;
  readonly voxels: Readonly<Record<string, number>>;
  /** The site's label map when the update was counted. */
  readonly labels: LabelMapConfig;
}

/** Where a run stands. Times are Unix milliseconds. */
export type Stage =
  /** Not started; `refusal` is why the last start was refused. */
  | { readonly kind: "created"; readonly refusal: Problem | null }
  /** Started, but not all sites are there yet. */
  | Waiting
  | Collecting
  | Aggregating
  | Evaluating
  | { readonly kind: "completed" }
  | { readonly kind: "aborted"; readonly round: number }
  /** How 0.1.0 ended a run that could not begin; since then such a run waits. */
  | { readonly kind: "failed"; readonly problem: Problem };

/** Waits until enough sites are there to begin. */
export interface Waiting {
  readonly kind: "waiting";
  readonly since: number;
  /** Why it cannot begin with the sites as they are; sites may yet mend it. Null where it is only to be waited for. */
  readonly problem: Problem | null;
}

/** A round waits for updates. */
export interface Collecting {
  readonly kind: "collecting";
  readonly round: number;
  /** What the sites start from. */
  readonly model: ModelRef;
  readonly deadline: number;
  /** Sites that were given this round, in the order of their names. */
  readonly assigned: readonly string[];
  /** In the order of site names. */
  readonly counted: readonly Counted[];
  /** Sites that cannot take part in this round, with the code each gave. */
  readonly declined: Readonly<Record<string, string>>;
}

/** A round's updates are being averaged. */
export interface Aggregating {
  readonly kind: "aggregating";
  readonly round: number;
  readonly model: ModelRef;
  readonly counted: readonly Counted[];
}

/** The final model is being scored. */
export interface Evaluating {
  readonly kind: "evaluating";
  /** The last round + 1. */
  readonly round: number;
  readonly model: ModelRef;
  readonly deadline: number;
  readonly assigned: readonly string[];
  /** Sites that have sent their score or declined. */
  readonly answered: readonly string[];
}

/** Why a run that was started does not go on. The stage below stays as it is. */
export type Hold =
  | { readonly by: "operator" }
  /** The deadline passed without quorum. Late updates still count, and end the hold if they make the quorum. */
  | { readonly by: "quorum"; readonly problem: Problem }
  /** Averaging failed, for instance because the disk is full. */
  | { readonly by: "failure"; readonly problem: Problem };

/** All that is kept of a run's progress. */
export interface RunState {
  readonly stage: Stage;
  readonly hold: Hold | null;
}

export const CREATED: RunState = { stage: { kind: "created", refusal: null }, hold: null };

/** Whether a run has ended for good. */
export function hasEnded({ stage }: RunState): boolean {
  return stage.kind === "completed" || stage.kind === "aborted" || stage.kind === "failed";
}
