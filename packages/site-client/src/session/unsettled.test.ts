import assert from "node:assert/strict";
import { test } from "node:test";
import { parsePlan } from "@fedace/ace-core/protocol";
import type { VerifiedAssignment } from "../identity/index.js";
import type { OutgoingUpdate } from "../outbound/index.js";
import { step } from "./machine.js";
import { INITIAL_STATE } from "./state.js";
import type { SessionEvent } from "./state.js";

const plan = parsePlan({ name: "p", classes: ["a", "b"], inputs: ["T1w"], spacing: [2, 2, 2], rounds: 9 });

function assignment(round: number, run = "r"): VerifiedAssignment {
  const model = { sha256: "a".repeat(64), bytes: 100 };
  return { jws: "", kind: "train", site: "here", run, round, plan, model, deadline: 60_000 };
}

const numbers = { cases: 1, voxels: {}, steps: 1, loss: 1, lastLoss: 1, evaluation: null, seconds: 1 };
const update: OutgoingUpdate = { run: "r", round: 1, path: "u", bytes: 10, sha256: "b".repeat(64), numbers };
const restored: SessionEvent = { type: "restored", assignment: assignment(1), update };

/** What the driver is told to do and to say, by its kind, after these events. */
function after(...events: SessionEvent[]): { readonly did: string[]; readonly round: number | undefined } {
  let state = INITIAL_STATE;
  const did: string[] = [];
  for (const event of events) {
    const next = step(state, event, 0);
    state = next.state;
    did.push(...next.effects.map((effect) => (effect.type === "say" ? effect.what.about : effect.type)));
  }
  return { did, round: state.work?.assignment.round };
}

const begun: SessionEvent[] = [
  restored,
  { type: "connected" },
  // The assignment comes before the manifest is answered.
  { type: "assigned", assignment: assignment(2) },
  { type: "welcomed" },
];

test("an update whose answer is not known is settled before the next round of its run is begun", () => {
  const told = ["restored", "greet", "assigned", "deliver"];
  assert.deepEqual(after(...begun), { did: told, round: 1 });
  for (const [code, outcome] of [
    ["UPDATE_DUPLICATE", ["finished", "discard", "download"]],
    ["ROUND_CLOSED", ["discard", "closed", "download"]],
  ] as const) {
    const { did, round } = after(...begun, { type: "transfer-failed", attempt: 1, code });
    assert.deepEqual([did.slice(told.length).sort(), round], [[...outcome].sort(), 2], code);
  }
});

test("a later round of the run takes the place of the one that waits", () => {
  const later: SessionEvent = { type: "assigned", assignment: assignment(3) };
  assert.equal(after(...begun, later, { type: "delivered", attempt: 1 }).round, 3);
});

test("work that is not done yet does not wait for a round that is over", () => {
  const connected: SessionEvent[] = [{ type: "connected" }, { type: "welcomed" }];
  const one: SessionEvent = { type: "assigned", assignment: assignment(1) };
  const two: SessionEvent = { type: "assigned", assignment: assignment(2) };
  assert.equal(after(...connected, one, two).round, 2);
  assert.equal(after(...connected, one, { type: "downloaded", attempt: 1 }, two).round, 2);
});
