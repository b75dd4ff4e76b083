import assert from "node:assert/strict";
import test from "node:test";
import { duties } from "./index.js";
import { RESTART_GRACE_MS } from "./machine.js";
import { START_GRACE_MS } from "./starting.js";
import { A, away, B, C, DEADLINE, model, started, story, stranger, T0 } from "./story.test.helper.js";
import type { SiteInit, Story } from "./story.test.helper.js";

test("a run with all sites there begins at once and gives every site its round", () => {
  const run = started([A, B]);
  assert.equal(run.state.stage.kind, "collecting");
  assert.deepEqual(run.duties, ["a train 1", "b train 1"]);
  assert.equal(duties(run.context, run.state).wakeAt, T0 + DEADLINE);
});

test("a start is refused, and stays visible, with too few sites, an uncovered class or sites that cannot take part", () => {
  const cases: [readonly SiteInit[], string, RegExp][] = [
    [[], "RUN_TOO_FEW_SITES", /0 of at least 2/],
    [[A], "RUN_TOO_FEW_SITES", /1 of at least 2 sites have joined \(a\)/],
    [[A, C], "RUN_CLASS_UNCOVERED", /lesion/],
    [[A, { ...B, manifest: { inputs: ["FLAIR"] } }], "RUN_TOO_FEW_SITES", /b cannot: its cases have no T1w/],
    [[A, { ...B, manifest: { cases: 0 } }], "RUN_TOO_FEW_SITES", /b cannot: it has no usable case/],
    [[A, { ...B, manifest: { labels: { values: { "1": ["tumour"] } } } }], "RUN_TOO_FEW_SITES", /tumour/],
  ];
  for (const [sites, code, message] of cases) {
    const run = started(sites);
    assert.equal(run.last.refused?.code, code);
    assert.match(run.last.refused.message, message);
    assert.deepEqual(run.state.stage, { kind: "created", refusal: run.last.refused });
  }
  const twice = started([A, B], { quorum: { sites: 2, perClass: 2 } });
  assert.equal(twice.last.refused?.code, "RUN_TOO_FEW_SITES");
  assert.match(twice.last.refused.message, /lesion \(1 of 2\)/);
  const retried = started([A]).with(A, B).on({ type: "start" });
  assert.equal(retried.state.stage.kind, "collecting", "after the cause is gone the start can be repeated");
});

test("a run waits for sites that have never said what they have, and on when one of them turns out wrong", () => {
  const run = started([A, stranger(B)]);
  assert.equal(run.state.stage.kind, "waiting");
  assert.deepEqual(run.duties, []);
  run.on({ type: "look" }, START_GRACE_MS * 10);
  assert.equal(run.state.stage.kind, "waiting", "without the lesion site no class lesion, however long it takes");
  run.with(A, B);
  assert.equal(run.state.stage.kind, "collecting");
  const hopeless = started([A, stranger(B)]).with(A, { ...B, kind: "tissue" });
  assert.ok(hopeless.state.stage.kind === "waiting");
  assert.equal(hopeless.state.stage.problem?.code, "RUN_CLASS_UNCOVERED");
  hopeless.with(A, { ...B, kind: "tissue" });
  const told = hopeless.effects.filter((effect) => effect.type === "audit" && effect.event === "run.blocked");
  assert.equal(told.length, 1, "it is told once");
  hopeless.with(A, B);
  assert.equal(hopeless.state.stage.kind, "collecting", "mended at the site, the run begins by itself");
});

test("a run that could begin gives the others who joined a moment to come", () => {
  const run = started([A, B, away(C)]);
  assert.equal(run.state.stage.kind, "waiting");
  assert.equal(duties(run.context, run.state).wakeAt, T0 + START_GRACE_MS);
  run.on({ type: "look" }, START_GRACE_MS - 1);
  assert.equal(run.state.stage.kind, "waiting");
  run.on({ type: "look" }, 1);
  assert.deepEqual(run.duties, ["a train 1", "b train 1"]);
  run.with(A, B, C);
  assert.deepEqual(run.duties, ["a train 1", "b train 1", "c train 1"], "who comes later takes part in the round");
});

test("a round closes when everyone asked has answered, and not before the quorum", () => {
  const run = started([A, B, C]).count(A).count(B);
  assert.equal(run.state.stage.kind, "collecting", "c is at work");
  run.count(C);
  assert.equal(run.state.stage.kind, "aggregating");
  const declined = started([A, B, C]).count(A).count(B).on({ type: "declined", round: 1, site: "c", code: "NO" });
  assert.equal(declined.state.stage.kind, "aggregating");
});

test("who loses the connection in mid-round is waited for until the deadline; who is revoked is not", () => {
  const run = started([A, B, C]).count(A).count(B).with(A, B, away(C));
  assert.deepEqual(run.duties, ["c train 1"], "it trains on and delivers when it is back");
  const revoked = started([A, B, C]).count(A).count(B).with(A, B);
  assert.equal(revoked.state.stage.kind, "aggregating");
  run.on({ type: "look" }, DEADLINE - 1);
  assert.equal(run.state.stage.kind, "collecting");
  run.on({ type: "look" }, 1);
  assert.equal(run.state.stage.kind, "aggregating");
});

test("two tissue updates are no quorum for the lesion head", () => {
  const run = started([A, B, C]).count(A).count(C).on({ type: "look" }, DEADLINE);
  assert.equal(run.state.stage.kind, "collecting");
  assert.equal(run.state.hold?.by, "quorum");
  const hold = run.state.hold;
  assert.equal(hold.problem.code, "ROUND_QUORUM_MISSED");
  assert.match(hold.problem.message, /lesion \(0 of 1\); no update from b/);
  assert.equal(run.audit("round.quorum-missed"), 1);
  run.on({ type: "look" }, DEADLINE);
  assert.equal(run.audit("round.quorum-missed"), 1, "said once");
  const without = started([A, B, C], { quorum: { sites: 2, perClass: 0, deadline: DEADLINE } });
  without.count(A).count(C).on({ type: "look" }, DEADLINE);
  assert.equal(without.state.stage.kind, "aggregating", "a plan may do without");
});

test("a missed quorum is mended by a late update, or by resuming the same round with what was counted", () => {
  const missed = (): Story => started([A, B]).count(A).on({ type: "look" }, DEADLINE);
  assert.deepEqual(missed().duties, [], "nobody is asked anew meanwhile");
  assert.equal(missed().count(B).state.stage.kind, "aggregating");
  assert.equal(missed().count(B).state.hold, null);
  const resumed = missed().on({ type: "resume" }, 5);
  assert.deepEqual(resumed.duties, ["b train 1"]);
  assert.ok(resumed.state.stage.kind === "collecting");
  assert.equal(resumed.state.stage.deadline, resumed.now + DEADLINE);
  assert.deepEqual(
    resumed.state.stage.counted.map(({ site }) => site),
    ["a"],
  );
});

test("when everyone has declined the run does not wait for the deadline; resuming asks again", () => {
  const run = started([A, B]).count(A).on({ type: "declined", round: 1, site: "b", code: "TRAINING_DIVERGED" });
  assert.equal(run.state.hold?.by, "quorum");
  const { hold } = run.state;
  assert.match(hold.problem.message, /b \(declined: TRAINING_DIVERGED\)/);
  assert.deepEqual(run.on({ type: "resume" }).duties, ["b train 1"]);
});

test("an update counts once, in its round, and a decline after it changes nothing", () => {
  const run = started([A, B]).count(A).count(A).on({ type: "declined", round: 1, site: "a", code: "NO" });
  assert.equal(run.audit("update.counted"), 1);
  assert.deepEqual(run.duties, ["b train 1"]);
  const { state } = run;
  run.count(B, 2).on({ type: "aggregated", round: 1, model }).on({ type: "evaluated", round: 1, site: "a" });
  assert.deepEqual(run.state, state, "what belongs to another round or stage comes too late");
});

test("after the last round the final model is scored, and the run completes when all have answered or at the deadline", () => {
  const final = { sha256: "f".repeat(64), bytes: 100 };
  const scoring = (): Story =>
    started([A, B], { rounds: 1 }).count(A).count(B).on({ type: "aggregated", round: 1, model: final });
  const run = scoring();
  assert.deepEqual(run.duties, ["a evaluate 2", "b evaluate 2"]);
  run.on({ type: "evaluated", round: 2, site: "a" }).on({ type: "evaluated", round: 2, site: "a" });
  assert.deepEqual(run.duties, ["b evaluate 2"]);
  run.on({ type: "declined", round: 2, site: "b", code: "NO" });
  assert.equal(run.state.stage.kind, "completed");
  assert.equal(scoring().on({ type: "look" }, DEADLINE).state.stage.kind, "completed");
  assert.ok(run.effects.some((effect) => effect.type === "model" && effect.model === final));
});

test("a pause stops duties at every stage, and averaging that was under way is kept", () => {
  const run = started([A, B]).on({ type: "pause" });
  assert.deepEqual(run.duties, []);
  assert.equal(duties(run.context, run.state).wakeAt, undefined);
  run.on({ type: "look" }, 10 * DEADLINE);
  assert.equal(run.state.hold?.by, "operator", "a pause has no deadline");
  assert.equal(run.on({ type: "pause" }).last.refused?.code, "RUN_STATE");
  assert.deepEqual(run.on({ type: "resume" }).duties, ["a train 1", "b train 1"]);
  run.count(A).count(B).on({ type: "pause" }).on({ type: "aggregated", round: 1, model });
  assert.equal(run.state.hold.by, "operator");
  assert.ok(run.state.stage.kind === "collecting" && run.state.stage.round === 2);
  assert.deepEqual(run.on({ type: "resume" }).duties, ["a train 2", "b train 2"]);
});

test("a failed averaging pauses the run with its cause; resuming tries again", () => {
  const run = started([A, B]).count(A).count(B);
  run.on({ type: "aggregation-failed", round: 1, problem: { code: "DISK_FULL", message: "full" } });
  assert.equal(run.state.hold?.by, "failure");
  assert.equal(duties(run.context, run.state).aggregate, undefined);
  run.on({ type: "resume" });
  assert.equal(duties(run.context, run.state).aggregate?.round, 1);
});

test("a decline is written once, however often it is sent", () => {
  const run = started([A, B]);
  for (let i = 0; i < 3; i++) run.on({ type: "declined", round: 1, site: "a", code: "NO" });
  assert.equal(run.audit("round.declined"), 1);
});

test("commands that make no sense are refused and change nothing", () => {
  const ended = started([A, B]).on({ type: "abort" });
  assert.deepEqual(ended.state.stage, { kind: "aborted", round: 1 });
  for (const [run, types] of [
    [story([A, B]), ["pause", "resume"]],
    [started([A, B]), ["start", "resume"]],
    [ended, ["start", "pause", "resume", "abort"]],
  ] as const) {
    for (const type of types) {
      const { state } = run;
      assert.equal(run.on({ type }).last.refused?.code, "RUN_STATE", type);
      assert.equal(run.state, state);
    }
  }
});

test("lost updates reopen their round for their sites alone, with time to deliver", () => {
  const run = started([A, B]).count(A).count(B);
  run.on({ type: "updates-lost", round: 1, sites: ["b"] }, 10 * DEADLINE);
  assert.ok(run.state.stage.kind === "collecting");
  assert.deepEqual(run.duties, ["b train 1"]);
  assert.equal(run.state.stage.deadline, run.now + DEADLINE);
  assert.deepEqual(
    run.effects.filter(({ type }) => type === "round-reopened"),
    [{ type: "round-reopened", round: 1, sites: ["b"] }],
  );
  const before = run.state;
  assert.deepEqual(run.on({ type: "updates-lost", round: 1, sites: ["a"] }).state, before, "it is not being averaged");
  assert.equal(run.count(B).state.stage.kind, "aggregating");
});

test("a restart keeps the round, its updates and its averaging, and leaves sites time to come back", () => {
  const run = started([A, B])
    .count(A)
    .with(away(A), away(B))
    .on({ type: "restarted" }, 10 * DEADLINE);
  assert.ok(run.state.stage.kind === "collecting");
  assert.equal(run.state.hold, null, "the deadline passed while nobody could deliver");
  assert.equal(run.state.stage.deadline, run.now + Math.min(DEADLINE, RESTART_GRACE_MS));
  assert.deepEqual(run.duties, ["b train 1"]);
  const averaging = started([A, B]).count(A).count(B);
  const before = averaging.state;
  assert.deepEqual(averaging.on({ type: "restarted" }).state, before);
  assert.equal(duties(averaging.context, averaging.state).aggregate?.round, 1);
});

test("a run without rounds gives its model to all sites to score, whatever they annotate, and ends with their answers", () => {
  const run = started([A, C], { rounds: 0 });
  assert.deepEqual(run.duties, ["a evaluate 1", "c evaluate 1"], "no site that teaches the lesion is needed");
  assert.equal(duties(run.context, run.state).wakeAt, T0 + DEADLINE);
  run.on({ type: "evaluated", round: 1, site: "a" }).on({ type: "evaluated", round: 1, site: "c" });
  assert.equal(run.state.stage.kind, "completed");
  assert.equal(started([A], { rounds: 0 }).last.refused?.code, "RUN_TOO_FEW_SITES", "the quorum of sites holds");
});
