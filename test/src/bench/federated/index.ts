import { writeFile } from "node:fs/promises";
import { openEngine } from "@fedace/ace-core/engine";
import { seededRandom, systemClock } from "@fedace/ace-core/foundation";
import { initialise, networkOf } from "@fedace/ace-core/model";
import type { Plan } from "@fedace/ace-core/protocol";
import type { WeightSet } from "@fedace/ace-core/tensors";
import { localRound, splitHoldout } from "@fedace/ace-core/training";
import type { LocalRoundResult } from "@fedace/ace-core/training";
import { parseOptions } from "./options.js";
import type { FederatedOptions } from "./options.js";
import { pool } from "./pooled.js";
import { mean, score } from "./score.js";
import type { Scores } from "./score.js";
import { simulateRound, takingPart } from "./simulate.js";
import type { Standing } from "./simulate.js";
import { loadCases } from "./study.js";
import type { Cases } from "./study.js";

/** What is kept of a round. */
interface Entry {
  readonly round: number;
  readonly sites: readonly object[];
  /** Per test, of the model that would be published. */
  readonly scores: Readonly<Record<string, Scores>> | undefined;
}

/** Trains and scores a whole run in this process. */
export async function federated(args: string[]): Promise<void> {
  const options = await parseOptions(args);
  const { plan, study } = options;
  const engine = await openEngine({ choice: options.engine });
  console.log(`engine ${engine.reason}`);
  const sites: Cases[] = [];
  for (const entry of study.sites) sites.push(siteOf(await loadCases(entry, plan), plan));
  for (const { name, cases } of sites) console.log(`site ${name}: ${cases.length} cases to train on`);
  const tests: Cases[] = [];
  for (const entry of study.tests) tests.push(await loadCases(entry, plan));
  const begin = systemClock.now();
  const start = initialise(networkOf(plan), plan.seed);
  const rounds = options.pooled
    ? [await trainPooled(plan, start, sites, tests)]
    : await trainRounds(options, start, sites, tests);
  const seconds = (systemClock.now() - begin) / 1000;
  console.log(`${seconds.toFixed(0)} s, ${start.data.byteLength} bytes of weights per site, round and direction`);
  if (options.out !== undefined) {
    await writeFile(options.out, JSON.stringify({ engine: engine.reason, plan, seconds, rounds }, undefined, 1));
  }
  await engine.close();
}

/** The cases of a site that it would train on: the plan's share is kept back, of cases that a study names as well. */
function siteOf(site: Cases, plan: Plan): Cases {
  return { ...site, cases: splitHoldout(site.cases, site.labelMap, plan.training.holdout, 1).training };
}

async function trainRounds(
  { plan, missing, scoreEvery }: FederatedOptions,
  start: WeightSet,
  sites: readonly Cases[],
  tests: readonly Cases[],
): Promise<Entry[]> {
  const rounds: Entry[] = [];
  const random = seededRandom(plan.seed).fork("missing");
  let standing: Standing = { model: start, published: start, sites };
  for (let round = 1; round <= plan.rounds; round++) {
    const result = await simulateRound(plan, round, standing, takingPart(standing.sites, missing, random));
    standing = result;
    const scored = round % scoreEvery === 0 || round === plan.rounds;
    const scores = scored ? await scoreAll(plan, standing.published, tests) : undefined;
    rounds.push({ round, sites: result.updates.map(figures), scores });
    console.log(`round ${round} of ${plan.rounds}  ${line(result.updates)}`);
    if (scores !== undefined) tell(scores);
  }
  return rounds;
}

/** As many steps as each site would make in all rounds, on everything at once, with one optimiser. */
async function trainPooled(
  plan: Plan,
  start: WeightSet,
  sites: readonly Cases[],
  tests: readonly Cases[],
): Promise<Entry> {
  const steps = plan.rounds * plan.training.steps;
  const whole: Plan = { ...plan, rounds: 1, training: { ...plan.training, steps } };
  const result = await localRound({ plan: whole, round: 1, weights: start, site: "pooled", ...pool(whole, sites) });
  console.log(`pooled  ${line([result])}`);
  const scores = await scoreAll(plan, result.weights, tests);
  tell(scores);
  return { round: 1, sites: [figures(result)], scores };
}

async function scoreAll(plan: Plan, weights: WeightSet, tests: readonly Cases[]): Promise<Record<string, Scores>> {
  const scores: Record<string, Scores> = {};
  for (const test of tests) scores[test.name] = await score(plan, weights, test);
  return scores;
}

function figures({ cases, loss, lastLoss, seconds, steps }: LocalRoundResult): object {
  return { cases, loss, lastLoss, secondsPerStep: seconds / steps };
}

function line(updates: readonly LocalRoundResult[]): string {
  const losses = updates.map(({ loss }) => loss.toFixed(3)).join(" ");
  const seconds = updates.reduce((sum, update) => sum + update.seconds / update.steps, 0) / updates.length;
  return `loss ${losses}  ${(1000 * seconds).toFixed(0)} ms per step`;
}

function tell(scores: Readonly<Record<string, Scores>>): void {
  for (const [name, { dice, volume, absent }] of Object.entries(scores)) {
    const dices = Object.entries(dice).map(([key, value]) => `${key} ${value === null ? "–" : value.toFixed(3)}`);
    const volumes = Object.entries(volume).map(([key, value]) => `${key} ${value.toFixed(1)}`);
    console.log(`  ${name}: Dice ${dices.join(" ")}; mean mL ${volumes.join(" ")}`);
    for (const [key, cases] of Object.entries(absent)) {
      const sorted = [...cases].sort((a, b) => a - b);
      const median = mean(sorted.slice((sorted.length - 1) >> 1, (sorted.length >> 1) + 1)) ?? 0;
      const most = sorted.at(-1) ?? 0;
      console.log(`    false ${key}: median ${median.toFixed(1)} mL, largest ${most.toFixed(1)} mL`);
    }
  }
}
