import assert from "node:assert/strict";
import { parsePlan } from "@fedace/ace-core/protocol";
import type { VerifiedAssignment } from "../identity/index.js";
import type { OutgoingUpdate } from "../outbound/index.js";
import { step } from "./machine.js";
import { INITIAL_STATE } from "./state.js";
import type { Delivery, SessionEffect, SessionEvent, SessionState } from "./state.js";

export const NOW = 1_000_000_000;
const plan = parsePlan({
  name: "p",
  classes: ["background", "lesion"],
  inputs: ["T1w"],
  spacing: [2, 2, 2],
  rounds: 9,
});

export function assignment(changes: Partial<VerifiedAssignment> = {}): VerifiedAssignment {
  const model = { sha256: "a".repeat(64), bytes: 100 };
  return { jws: "", kind: "train", site: "here", run: "r", round: 1, plan, model, deadline: NOW + 60_000, ...changes };
}

const numbers = { cases: 1, voxels: {}, steps: 1, loss: 1, lastLoss: 1, evaluation: null, seconds: 1 };
export const update: OutgoingUpdate = { run: "r", round: 1, path: "u", bytes: 10, sha256: "b".repeat(64), numbers };
export const delivery: Delivery = { kind: "update", update };

/** Feeds events one after the other; what each made the driver do is kept by its type. */
export class Session {
  state: SessionState = INITIAL_STATE;
  effects: readonly SessionEffect[] = [];
  now = NOW;

  send(...events: SessionEvent[]): this {
    for (const event of events) {
      const next = step(this.state, event, this.now);
      this.state = next.state;
      this.effects = next.effects;
    }
    return this;
  }

  get doing(): string[] {
    return this.effects.filter((effect) => effect.type !== "say").map((effect) => effect.type);
  }

  get said(): string[] {
    return this.effects.flatMap((effect) => (effect.type === "say" ? [effect.what.about] : []));
  }

  get attempt(): number {
    const { work } = this.state;
    assert.ok(work !== null && work.stage !== "finished" && work.attempt !== null);
    return work.attempt;
  }

  get stage(): string {
    return this.state.work?.stage ?? "none";
  }
}

export const connected: SessionEvent[] = [{ type: "connected" }, { type: "welcomed" }];
export const assigned = (changes: Partial<VerifiedAssignment> = {}): SessionEvent => ({
  type: "assigned",
  assignment: assignment(changes),
});

export const downloading = (): Session => new Session().send(...connected, assigned());
export const working = (): Session => {
  const session = downloading();
  return session.send({ type: "downloaded", attempt: session.attempt });
};
export const uploading = (): Session => {
  const session = working();
  return session.send({ type: "worked", attempt: session.attempt, delivery });
};
export const counted = (): Session => {
  const session = uploading();
  return session.send({ type: "delivered", attempt: session.attempt });
};
