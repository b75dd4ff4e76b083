import type { Evaluation } from "@fedace/ace-core/protocol";
import type { VerifiedAssignment } from "../identity/index.js";
import type { OutgoingUpdate } from "../outbound/index.js";

/** What the site owes the coordinator for an assignment. */
export type Delivery =
  | { readonly kind: "update"; readonly update: OutgoingUpdate }
  | { readonly kind: "evaluation"; readonly evaluation: Evaluation }
  | { readonly kind: "decline"; readonly code: string };

/** The assignment in hand and how far it is. `attempt` numbers whatever runs for it: an older one's outcome is stale. */
export type Work = { readonly assignment: VerifiedAssignment; readonly failures: number } & (
  | { readonly stage: "downloading"; readonly attempt: number | null }
  | { readonly stage: "working"; readonly attempt: number }
  | { readonly stage: "delivering"; readonly attempt: number | null; readonly delivery: Delivery }
  | { readonly stage: "finished"; readonly delivery: Delivery; readonly outcome: Outcome }
);

export type Outcome = "counted" | "answered" | "refused";

export interface SessionState {
  /** `greeting`: connected, the manifest is not answered yet. */
  readonly link: "down" | "greeting" | "up";
  readonly work: Work | null;
  /** Assignments of other runs, at most one of each, in order of arrival. */
  readonly queue: readonly VerifiedAssignment[];
  /** Attempts numbered so far. */
  readonly attempts: number;
}

export const INITIAL_STATE: SessionState = { link: "down", work: null, queue: [], attempts: 0 };

export type SessionEvent =
  | { readonly type: "connected" }
  | { readonly type: "disconnected" }
  /** The coordinator answered the manifest. */
  | { readonly type: "welcomed" }
  | { readonly type: "greeting-failed"; readonly code: string }
  | { readonly type: "greet-again" }
  | { readonly type: "assigned"; readonly assignment: VerifiedAssignment }
  | { readonly type: "closed"; readonly run: string; readonly round: number; readonly reason: string }
  /** A finished update was found in the data folder at the start. */
  | { readonly type: "restored"; readonly assignment: VerifiedAssignment; readonly update: OutgoingUpdate }
  | { readonly type: "downloaded"; readonly attempt: number }
  | { readonly type: "worked"; readonly attempt: number; readonly delivery: Delivery }
  | { readonly type: "work-failed"; readonly attempt: number; readonly code: string }
  | { readonly type: "delivered"; readonly attempt: number }
  | { readonly type: "transfer-failed"; readonly attempt: number; readonly code: string }
  /** The pause after a failed transfer is over. */
  | { readonly type: "transfer-again" };

export type SessionEffect =
  | { readonly type: "greet" }
  | { readonly type: "download"; readonly attempt: number; readonly assignment: VerifiedAssignment }
  | { readonly type: "work"; readonly attempt: number; readonly assignment: VerifiedAssignment }
  | {
      readonly type: "deliver";
      readonly attempt: number;
      readonly assignment: VerifiedAssignment;
      readonly delivery: Delivery;
    }
  /** Stop the transfer that ran on the lost connection: it must not go on over the next one. */
  | { readonly type: "halt" }
  /** Stop whatever runs for an assignment and forget its files. */
  | { readonly type: "discard"; readonly assignment: VerifiedAssignment }
  | { readonly type: "later"; readonly afterMs: number; readonly event: SessionEvent }
  | { readonly type: "say"; readonly level: "info" | "warn" | "error"; readonly what: Saying };

/** What the console is told. */
export type Saying =
  | { readonly about: "assigned"; readonly assignment: VerifiedAssignment; readonly queued: boolean }
  | { readonly about: "late"; readonly assignment: VerifiedAssignment }
  | { readonly about: "closed"; readonly assignment: VerifiedAssignment; readonly reason: string }
  | { readonly about: "restored"; readonly assignment: VerifiedAssignment }
  | {
      readonly about: "again";
      readonly assignment: VerifiedAssignment;
      readonly code: string;
      readonly afterMs: number;
    }
  | { readonly about: "restart"; readonly assignment: VerifiedAssignment; readonly code: string }
  | { readonly about: "finished"; readonly assignment: VerifiedAssignment; readonly delivery: Delivery }
  | { readonly about: "refused"; readonly assignment: VerifiedAssignment; readonly code: string }
  | { readonly about: "greeting-failed"; readonly code: string; readonly afterMs: number };
