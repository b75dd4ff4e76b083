import assert from "node:assert/strict";
import test from "node:test";
import { seededRandom } from "@fedace/ace-core/foundation";
import type { Random } from "@fedace/ace-core/foundation";
import { parsePlan } from "@fedace/ace-core/protocol";
import type { Manifest, Plan, PlanInput } from "@fedace/ace-core/protocol";
import { duties, roster, transition } from "./index.js";
import type { RunContext, RunState } from "./index.js";
import { RESTART_GRACE_MS } from "./machine.js";
import type { RunEffect, RunEvent, Transition } from "./events.js";
import { START_GRACE_MS } from "./starting.js";
import { CREATED } from "./state.js";
import type { Counted } from "./state.js";

const T0 = 1_000_000;
const DEADLINE = 60_000;

function plan(changes: Partial<PlanInput> = {}): Plan {
  return parsePlan({
    name: "test",
    classes: ["background", "CSF", "GM", "WM", "lesion"],
    inputs: ["T1w"],
    spacing: [2, 2, 2],
    rounds: 2,
    quorum: { sites: 2, deadline: DEADLINE },
    ...changes,
  });
}

interface SiteInit {
  readonly name: string;
  readonly kind?: "tissue" | "lesion";
  readonly connected?: boolean;
  readonly manifest?: Partial<Manifest> | null;
}

const model = { sha256: "0".repeat(64), bytes: 100 };

function contextOf(sites: readonly SiteInit[], changes: Partial<PlanInput> = {}): RunContext {
  const parsed = plan(changes);
  const list = sites.map(({ name, kind = "tissue", connected = true, manifest = {} }) => ({
    name,
    connectedAt: connected ? T0 : null,
    manifest:
      manifest === null
        ? null
        : { software: "t", labels: { kind }, inputs: ["T1w"], cases: 5, engine: "none", ...manifest },
  }));
  return { plan: parsed, roster: roster(list, parsed), initial: model };
}

const A: SiteInit = { name: "a", kind: "tissue" };
const B: SiteInit = { name: "b", kind: "lesion" };
const C: SiteInit = { name: "c", kind: "tissue" };
const away = (site: SiteInit): SiteInit => ({ ...site, connected: false });
const stranger = (site: SiteInit): SiteInit => ({ ...site, connected: false, manifest: null });

function update(site: SiteInit): Counted {
  const labels = { kind: site.kind ?? "tissue" };
  return { site: site.name, sha256: "1".repeat(64), bytes: 10, cases: 5, voxels: {}, labels };
}

/** A run that is taken through events; the roster may change between them. */
class Story {
  state: RunState = CREATED;
  effects: readonly RunEffect[] = [];
  now = T0;
  last: Transition = { state: CREATED, effects: [] };

  constructor(public context: RunContext) {}

  on(event: RunEvent, afterMs = 0): this {
    this.now += afterMs;
    this.last = transition(this.context, this.state, event, this.now);
    this.state = this.last.state;
    this.effects = [...this.effects, ...this.last.effects];
    return this;
  }

  with(...sites: readonly SiteInit[]): this {
    this.context = contextOf(sites, this.changes);
    return this.on({ type: "look" });
  }

  changes: Partial<PlanInput> = {};

  count(site: SiteInit, round = 1): this {
    return this.on({ type: "counted", round, update: update(site) });
  }

  get duties(): string[] {
    return [...duties(this.context, this.state).sites].map(([site, { kind, round }]) => `${site} ${kind} ${round}`);
  }

  audit(event: string): number {
    return this.effects.filter((effect) => effect.type === "audit" && effect.event === event).length;
  }
}

const story = (sites: readonly SiteInit[], changes: Partial<PlanInput> = {}): Story => {
  const made = new Story(contextOf(sites, changes));
  made.changes = changes;
  return made;
};
const started = (sites: readonly SiteInit[], changes: Partial<PlanInput> = {}): Story =>
  story(sites, changes).on({ type: "start" });

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

test("whatever happens in whatever order, nothing counts twice, no round is averaged twice or without quorum", () => {
  for (let seed = 0; seed < 300; seed++) {
    const random = seededRandom(seed);
    const run = started([A, B, C], { rounds: 3 });
    for (let i = 0; i < 120; i++) {
      const context = contextOf(randomSites(random), { rounds: 3 });
      run.context = context;
      run.on(randomEvent(random, run.state), random.integer(DEADLINE / 2));
      checkInvariants(run, seed);
    }
  }
});

function randomSites(random: Random): SiteInit[] {
  return [A, B, C].flatMap((site) =>
    random.uniform() < 0.05
      ? []
      : [random.uniform() < 0.3 ? away(site) : random.uniform() < 0.05 ? stranger(site) : site],
  );
}

function randomEvent(random: Random, { stage }: RunState): RunEvent {
  const current = "round" in stage ? stage.round : 1;
  const round = Math.max(1, current - (random.uniform() < 0.2 ? 1 : 0));
  const site = [A, B, C][random.integer(3)] ?? A;
  const choices: RunEvent[] = [
    { type: "look" },
    { type: "restarted" },
    { type: "pause" },
    { type: "resume" },
    { type: "resume" },
    { type: "start" },
    { type: "declined", round, site: site.name, code: "NO" },
    { type: "aggregation-failed", round, problem: { code: "DISK_FULL", message: "" } },
    { type: "updates-lost", round, sites: [site.name] },
    { type: "aggregated", round, model: { sha256: String(round).repeat(64).slice(0, 64), bytes: 100 } },
    { type: "evaluated", round, site: site.name },
    ...Array.from({ length: 6 }, (): RunEvent => ({ type: "counted", round, update: update(site) })),
  ];
  return choices[random.integer(choices.length)] ?? { type: "look" };
}

function checkInvariants(run: Story, seed: number): void {
  const hint = `seed ${seed}`;
  const models = run.effects.flatMap((effect) => (effect.type === "model" ? [effect.round] : []));
  assert.deepEqual(models, [...new Set(models)], `${hint}: one average per round`);
  const counted = run.effects.flatMap((effect) =>
    effect.type === "audit" && effect.event === "update.counted"
      ? [`${String(effect.fields["round"])} ${String(effect.fields["site"])}`]
      : [],
  );
  // What was lost may count again.
  const lost = run.effects.flatMap((effect) =>
    effect.type === "round-reopened" ? effect.sites.map((site) => `${effect.round} ${site}`) : [],
  );
  const times = (list: readonly string[], one: string): number => list.filter((other) => other === one).length;
  for (const one of new Set(counted)) {
    assert.ok(times(counted, one) <= times(lost, one) + 1, `${hint}: each update once`);
  }
  const { stage, hold } = run.state;
  if (stage.kind === "aggregating") {
    const sites = stage.counted.map(({ site }) => site);
    assert.ok(sites.length >= 2 && sites.includes("b"), `${hint}: quorum, also for the lesion`);
    assert.deepEqual(sites, [...new Set(sites)].sort(), `${hint}: in the order of names`);
    assert.ok(!models.includes(stage.round), hint);
  }
  if (hold !== null) assert.equal(duties(run.context, run.state).sites.size, 0, `${hint}: nobody works in a pause`);
  if (stage.kind === "collecting") assert.equal(stage.round, models.length + 1, `${hint}: rounds follow one another`);
}
