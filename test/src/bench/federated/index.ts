import { writeFile } from "node:fs/promises";
import { openEngine } from "@fedace/ace-core/engine";
import { systemClock } from "@fedace/ace-core/foundation";
import type { Plan } from "@fedace/ace-core/protocol";
import type { WeightSet } from "@fedace/ace-core/tensors";
import { splitHoldout } from "@fedace/ace-core/training";
import type { LocalRoundResult } from "@fedace/ace-core/training";
import { loadCases, trainFederated, trainPooled } from "../../simulation/index.js";
import type { Cases } from "../../simulation/index.js";
import { parseOptions } from "./options.js";
import type { FederatedOptions } from "./options.js";
import { mean, score } from "./score.js";
import type { Scores } from "./score.js";

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
  const rounds = options.pooled ? [await pooled(plan, sites, tests)] : await rounded(options, sites, tests);
  const seconds = (systemClock.now() - begin) / 1000;
  console.log(`${seconds.toFixed(0)} s`);
  if (options.out !== undefined) {
    await writeFile(options.out, JSON.stringify({ engine: engine.reason, plan, seconds, rounds }, undefined, 1));
  }
  await engine.close();
}

/** The cases of a site that it would train on: the plan's share is kept back, of cases that a study names as well. */
function siteOf(site: Cases, plan: Plan): Cases {
  return { ...site, cases: splitHoldout(site.cases, site.labelMap, plan.training.holdout, 1).training };
}

async function rounded(
  { plan, missing, scoreEvery }: FederatedOptions,
  sites: readonly Cases[],
  tests: readonly Cases[],
): Promise<Entry[]> {
  const rounds: Entry[] = [];
  await trainFederated(
    plan,
    sites,
    async ({ round, updates, published }) => {
      const scored = round % scoreEvery === 0 || round === plan.rounds;
      const scores = scored ? await scoreAll(plan, published, tests) : undefined;
      rounds.push({ round, sites: updates.map(figures), scores });
      console.log(`round ${round} of ${plan.rounds}  ${line(updates)}`);
      if (scores !== undefined) tell(scores);
    },
    missing,
  );
  return rounds;
}

async function pooled(plan: Plan, sites: readonly Cases[], tests: readonly Cases[]): Promise<Entry> {
  const result = await trainPooled(plan, sites);
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
