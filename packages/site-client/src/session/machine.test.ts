import assert from "node:assert/strict";
import { test } from "node:test";
import { LIMITS } from "@fedace/ace-core/protocol";
import { step } from "./machine.js";
import { INITIAL_STATE } from "./state.js";
import type { SessionEvent, SessionState } from "./state.js";
import {
  NOW,
  assignment,
  update,
  delivery,
  Session,
  connected,
  assigned,
  downloading,
  working,
  uploading,
  counted,
} from "./session.test.helper.js";

test("a round goes from assignment through download, work and delivery to counted", () => {
  const session = new Session().send({ type: "connected" });
  assert.deepEqual(session.doing, ["greet"]);
  session.send({ type: "welcomed" });
  assert.deepEqual(session.doing, []);
  session.send(assigned());
  assert.deepEqual(session.doing, ["download"]);
  session.send({ type: "downloaded", attempt: session.attempt });
  assert.deepEqual(session.doing, ["work"]);
  session.send({ type: "worked", attempt: session.attempt, delivery });
  assert.deepEqual(session.doing, ["deliver"]);
  session.send({ type: "delivered", attempt: session.attempt });
  assert.deepEqual([session.doing, session.said, session.stage], [[], ["finished"], "finished"]);
  session.send(assigned({ round: 2 }));
  assert.deepEqual(session.doing, ["discard", "download"]);
});

test("losing the connection in training stops nothing; the update goes out once the coordinator has answered", () => {
  const session = working();
  const { attempt } = session;
  session.send({ type: "disconnected" });
  assert.deepEqual([session.doing, session.stage], [["halt"], "working"]);
  session.send({ type: "worked", attempt, delivery });
  assert.deepEqual([session.doing, session.stage], [[], "delivering"]);
  session.send({ type: "connected" });
  assert.deepEqual(session.doing, ["greet"]);
  session.send({ type: "welcomed" });
  assert.deepEqual(session.doing, ["deliver"]);
});

test("losing the connection in a download or an upload starts it again after the welcome", () => {
  for (const [session, effect] of [
    [downloading(), "download"],
    [uploading(), "deliver"],
  ] as const) {
    const late = session.attempt;
    session.send({ type: "disconnected" });
    assert.deepEqual(session.doing, ["halt"]);
    session.send({ type: "transfer-failed", attempt: late, code: "CONNECTION_LOST" });
    assert.deepEqual(session.doing, [], "the failure of the lost transfer is stale");
    session.send({ type: "connected" }, { type: "welcomed" });
    assert.deepEqual(session.doing, [effect]);
    session.send({ type: "transfer-failed", attempt: late, code: "UPDATE_NORM" });
    assert.deepEqual(session.doing, [], "so it is when it comes after the new one began");
    assert.notEqual(session.attempt, late);
  }
});

test("a duplicate assignment changes nothing while the work goes on", () => {
  for (const session of [downloading(), working(), uploading()]) {
    const { stage, attempt } = session;
    session.send(assigned());
    assert.deepEqual([session.doing, session.stage, session.attempt], [[], stage, attempt]);
  }
});

test("an assignment repeated after the update was counted offers the update again, and duplicate means counted", () => {
  const session = counted().send(assigned());
  assert.deepEqual(session.doing, ["deliver"]);
  session.send({ type: "transfer-failed", attempt: session.attempt, code: "UPDATE_DUPLICATE" });
  assert.deepEqual([session.stage, session.said], ["finished", ["finished"]]);
});

test("the same round with another model to start from is begun anew", () => {
  const session = working().send(assigned({ model: { sha256: "c".repeat(64), bytes: 100 } }));
  assert.deepEqual(session.doing, ["discard", "download"]);
});

test("the next round replaces one that is under way, or done", () => {
  for (const session of [downloading(), working(), counted()]) {
    session.send(assigned({ round: 2 }));
    assert.deepEqual(session.doing, ["discard", "download"]);
    assert.equal(session.state.work?.assignment.round, 2);
  }
});

test("a closed round stops whatever runs for it, and its late outcome is ignored", () => {
  for (const session of [downloading(), working(), uploading()]) {
    const { attempt } = session;
    session.send({ type: "closed", run: "r", round: 1, reason: "aborted" });
    assert.deepEqual([session.doing, session.said, session.stage], [["discard"], ["closed"], "none"]);
    session.send(
      { type: "downloaded", attempt },
      { type: "worked", attempt, delivery },
      { type: "delivered", attempt },
      { type: "work-failed", attempt, code: "WORKER_CRASHED" },
    );
    assert.deepEqual([session.doing, session.stage], [[], "none"]);
  }
});

test("a round may be complete before the upload's acknowledgement is here: that tells whether this site counted", () => {
  const counts = uploading().send({ type: "closed", run: "r", round: 1, reason: "aggregated" });
  assert.deepEqual([counts.doing, counts.stage], [[], "delivering"]);
  counts.send({ type: "delivered", attempt: counts.attempt });
  assert.deepEqual([counts.said, counts.stage], [["finished"], "finished"]);
  const late = uploading().send({ type: "closed", run: "r", round: 1, reason: "aggregated" });
  late.send({ type: "transfer-failed", attempt: late.attempt, code: "ROUND_CLOSED" });
  assert.deepEqual([late.said, late.stage], [["closed"], "none"]);
  const waiting = uploading().send(
    { type: "disconnected" },
    { type: "closed", run: "r", round: 1, reason: "aggregated" },
  );
  assert.equal(waiting.stage, "delivering", "the answer is asked for once there is a connection");
  waiting.send({ type: "connected" }, { type: "welcomed" });
  assert.deepEqual(waiting.doing, ["deliver"]);
});

test("another round's end changes nothing", () => {
  const session = working().send({ type: "closed", run: "r", round: 7, reason: "failed" });
  assert.deepEqual([session.doing, session.stage], [[], "working"]);
});

test("a round that was closed while the site was away is dropped at the upload", () => {
  for (const code of ["ROUND_CLOSED", "RUN_UNKNOWN"]) {
    const session = uploading();
    session.send({ type: "transfer-failed", attempt: session.attempt, code });
    assert.deepEqual([session.doing, session.said, session.stage], [["discard"], ["closed"], "none"]);
  }
});

test("a finished update found at the start is delivered after the welcome, without work", () => {
  const session = new Session().send({ type: "restored", assignment: assignment(), update });
  assert.deepEqual([session.doing, session.said], [[], ["restored"]]);
  session.send(...connected);
  assert.deepEqual(session.doing, ["deliver"]);
  session.send(assigned());
  assert.deepEqual(session.doing, [], "its own assignment comes again and changes nothing");
  session.send({ type: "delivered", attempt: session.attempt });
  assert.equal(session.stage, "finished");
});

test("assignments of other runs wait their turn, the newest of each run", () => {
  const session = working();
  const { attempt } = session;
  session.send(assigned({ run: "other", round: 3 }), assigned({ run: "third" }), assigned({ run: "other", round: 4 }));
  assert.deepEqual(session.doing, []);
  session.send({ type: "closed", run: "third", round: 1, reason: "aborted" });
  session.send({ type: "worked", attempt, delivery });
  session.send({ type: "delivered", attempt: session.attempt });
  assert.deepEqual(session.doing, ["discard", "download"]);
  assert.deepEqual([session.state.work?.assignment.run, session.state.work?.assignment.round], ["other", 4]);
  assert.deepEqual(session.state.queue, []);
});

test("an assignment whose deadline is past beyond any clock error is left alone", () => {
  const session = new Session().send(...connected);
  session.now = NOW + 60_000 + LIMITS.clockSkewSeconds * 1000;
  session.send(assigned());
  assert.deepEqual(session.doing, ["download"]);
  const late = new Session().send(...connected);
  late.now = session.now + 1;
  late.send(assigned());
  assert.deepEqual([late.doing, late.said, late.stage], [[], ["late"], "none"]);
});

test("a refused manifest is sent again while the connection holds", () => {
  const session = new Session().send({ type: "connected" }, { type: "greeting-failed", code: "COORDINATOR_BUSY" });
  assert.deepEqual([session.doing, session.said], [["later"], ["greeting-failed"]]);
  session.send({ type: "greet-again" });
  assert.deepEqual(session.doing, ["greet"]);
  session.send({ type: "disconnected" }, { type: "greet-again" });
  assert.deepEqual(session.doing, []);
});

test("whatever happens, in any order: one transfer or training at most, and none twice", () => {
  // A walk through all states reachable by 6 events, two rounds and one other run.
  const alphabet = (session: Session): SessionEvent[] => {
    const { work } = session.state;
    const attempt = work !== null && work.stage !== "finished" ? (work.attempt ?? 0) : 0;
    return [
      { type: "connected" },
      { type: "disconnected" },
      { type: "welcomed" },
      assigned(),
      assigned({ round: 2 }),
      assigned({ run: "other" }),
      { type: "closed", run: "r", round: 1, reason: "aggregated" },
      { type: "downloaded", attempt },
      { type: "worked", attempt, delivery },
      { type: "work-failed", attempt, code: "WORKER_CRASHED" },
      { type: "delivered", attempt },
      { type: "transfer-failed", attempt, code: "COORDINATOR_BUSY" },
      { type: "transfer-again" },
    ];
  };
  let visited = 0;
  const walk = (state: SessionState, running: ReadonlySet<number>, depth: number): void => {
    visited += 1;
    if (depth === 0) return;
    const from = new Session();
    from.state = state;
    for (const event of alphabet(from)) {
      const next = step(state, event, NOW);
      const after = new Set(running);
      if ("attempt" in event) after.delete(event.attempt);
      for (const effect of next.effects) {
        if (effect.type === "discard" || (effect.type === "halt" && state.work?.stage !== "working")) after.clear();
        if (effect.type !== "download" && effect.type !== "work" && effect.type !== "deliver") continue;
        assert.equal(after.size, 0, `${event.type} starts ${effect.type} beside another`);
        assert.ok(effect.type === "work" || next.state.link === "up", `${effect.type} without a connection`);
        after.add(effect.attempt);
      }
      if (next.state !== state) walk(next.state, after, depth - 1);
    }
  };
  walk(INITIAL_STATE, new Set(), 6);
  assert.ok(visited > 10_000);
});
