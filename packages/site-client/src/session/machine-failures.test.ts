import assert from "node:assert/strict";
import { test } from "node:test";
import { consequence, MAX_FAILURES, pauseMs } from "./refusals.js";
import { NOW, assignment, connected, assigned, downloading, working, uploading } from "./session.test.helper.js";

test("a crashed training process is started again, and after several crashes the site declines", () => {
  const session = working();
  for (let crash = 1; crash <= MAX_FAILURES; crash++) {
    session.send({ type: "work-failed", attempt: session.attempt, code: "WORKER_CRASHED" });
    assert.deepEqual([session.doing, session.said], [["work"], ["restart"]]);
  }
  session.send({ type: "work-failed", attempt: session.attempt, code: "WORKER_CRASHED" });
  assert.deepEqual(session.effects, [
    {
      type: "deliver",
      attempt: session.attempt,
      assignment: assignment(),
      delivery: { kind: "decline", code: "WORKER_CRASHED" },
    },
  ]);
});

test("any other failure of the work is declined at once, when the connection allows", () => {
  const session = working();
  const { attempt } = session;
  session.send({ type: "disconnected" }, { type: "work-failed", attempt, code: "LABEL_CLASS_UNKNOWN" });
  assert.deepEqual(session.doing, []);
  session.send(...connected);
  assert.deepEqual(session.doing, ["deliver"]);
  session.send({ type: "delivered", attempt: session.attempt });
  assert.equal(session.stage, "finished");
  session.send(assigned());
  assert.deepEqual(session.doing, ["deliver"], "asked again, it declines again");
});

test("what was declined is tried anew when the operator resumes the run", () => {
  const session = working();
  session.send({ type: "work-failed", attempt: session.attempt, code: "SITE_DISK" });
  session.send({ type: "delivered", attempt: session.attempt });
  session.send(assigned({ deadline: NOW + 120_000 }));
  assert.deepEqual([session.doing, session.said], [["discard", "download"], ["assigned"]]);
});

test("busy and rate limited are tried again for ever, with growing pauses up to a minute", () => {
  for (const code of ["COORDINATOR_BUSY", "RATE_LIMITED", "CONNECTION_LOST"]) {
    const session = uploading();
    const pauses: number[] = [];
    for (let i = 0; i < 10; i++) {
      session.send({ type: "transfer-failed", attempt: session.attempt, code });
      const later = session.effects.find((effect) => effect.type === "later");
      assert.ok(later?.type === "later");
      pauses.push(later.afterMs);
      session.send(later.event);
      assert.deepEqual(session.doing, ["deliver"]);
    }
    assert.deepEqual(pauses, [1000, 2000, 4000, 8000, 16000, 32000, 60000, 60000, 60000, 60000]);
  }
});

test("a pause that ends after the transfer began anew changes nothing", () => {
  const session = uploading();
  session.send({ type: "transfer-failed", attempt: session.attempt, code: "COORDINATOR_BUSY" });
  session.send({ type: "disconnected" }, ...connected);
  const { attempt } = session;
  session.send({ type: "transfer-again" });
  assert.deepEqual([session.doing, session.attempt], [[], attempt]);
});

test("a damaged transfer is tried again a few times only", () => {
  const session = uploading();
  for (let i = 0; i < MAX_FAILURES; i++) {
    session.send({ type: "transfer-failed", attempt: session.attempt, code: "UPDATE_CHECKSUM" });
    assert.deepEqual(session.doing, ["later"]);
    session.send({ type: "transfer-again" });
  }
  session.send({ type: "transfer-failed", attempt: session.attempt, code: "UPDATE_CHECKSUM" });
  assert.deepEqual([session.said, session.stage], [["refused"], "finished"]);
});

test("a model that stays damaged is declined", () => {
  const session = downloading();
  for (let i = 0; i < MAX_FAILURES; i++) {
    session.send({ type: "transfer-failed", attempt: session.attempt, code: "MODEL_DAMAGED" });
    session.send({ type: "transfer-again" });
  }
  session.send({ type: "transfer-failed", attempt: session.attempt, code: "MODEL_DAMAGED" });
  const [effect] = session.effects;
  assert.ok(effect?.type === "deliver");
  assert.deepEqual(effect.delivery, { kind: "decline", code: "MODEL_DAMAGED" });
});

test("an update that the coordinator will never take is not sent again, even if asked for", () => {
  for (const code of ["UPDATE_LAYOUT", "UPDATE_NOT_FINITE", "UPDATE_NORM", "UPDATE_NUMBERS", "UPDATE_TOO_LARGE"]) {
    const session = uploading();
    session.send({ type: "transfer-failed", attempt: session.attempt, code });
    assert.deepEqual([session.doing, session.said], [[], ["refused"]]);
    session.send(assigned());
    assert.deepEqual(session.doing, []);
  }
});

test("an unknown refusal is final, and pauses never exceed a minute", () => {
  assert.equal(consequence("SOMETHING_NEW"), "final");
  assert.deepEqual([pauseMs(0), pauseMs(1), pauseMs(1000)], [1000, 1000, 60_000]);
});
