import assert from "node:assert/strict";
import test from "node:test";
import { seededRandom } from "@fedace/ace-core/foundation";
import type { Random } from "@fedace/ace-core/foundation";
import { duties } from "./index.js";
import type { RunState } from "./index.js";
import type { RunEvent } from "./events.js";
import { A, away, B, C, contextOf, DEADLINE, started, stranger, update } from "./story.test.helper.js";
import type { SiteInit, Story } from "./story.test.helper.js";

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
