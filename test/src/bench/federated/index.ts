import { writeFile } from "node:fs/promises";
import { openEngine } from "@fedace/ace-core/engine";
import { systemClock } from "@fedace/ace-core/foundation";
import { labelSpace, resolveLabelMap } from "@fedace/ace-core/labels";
import type { LabelMapConfig } from "@fedace/ace-core/labels";
import { initialise, modelSpec } from "@fedace/ace-core/model";
import type { Plan } from "@fedace/ace-core/protocol";
import { splitHoldout } from "@fedace/ace-core/training";
import type { LocalRoundResult, TrainingCase } from "@fedace/ace-core/training";
import { loadArchive } from "@fedace/site-client";
import { parseOptions } from "./options.js";
import { score } from "./score.js";
import { simulateRound } from "./simulate.js";
import type { SimulatedSite } from "./simulate.js";

/** What the test archive's values mean: one class each. */
const allClasses = (plan: Plan): LabelMapConfig => ({
  values: Object.fromEntries(plan.classes.map((name, k) => [String(k), [name]])),
});

/** Trains and scores a whole run in this process. */
export async function federated(args: string[]): Promise<void> {
  const { plan, ...options } = parseOptions(args);
  const engine = await openEngine({ choice: options.engine });
  console.log(`engine ${engine.reason}`);
  const sites = [
    await openSite("lesion", options.lesion, { kind: "lesion" }, plan),
    await openSite("tissue", options.tissue, { kind: "tissue" }, plan),
  ];
  for (const { name, cases } of sites) console.log(`site ${name}: ${cases.length} cases to train on`);
  const heads = await load(options.test, allClasses(plan), plan);
  const rounds = [];
  let model = initialise(modelSpec(plan.model, plan.inputs.length, plan.classes.length), plan.seed);
  const begin = systemClock.now();
  for (let round = 1; round <= plan.rounds; round++) {
    const result = await simulateRound(plan, round, model, sites);
    model = result.model;
    const scored = round % options.scoreEvery === 0 || round === plan.rounds;
    const dice = scored ? await score(plan, model, heads) : undefined;
    rounds.push({ round, sites: result.updates.map(figures), dice });
    console.log(line(round, plan, result.updates, dice));
  }
  const seconds = (systemClock.now() - begin) / 1000;
  console.log(`${seconds.toFixed(0)} s, ${model.data.byteLength} bytes of weights per site, round and direction`);
  if (options.out !== undefined) {
    await writeFile(options.out, JSON.stringify({ engine: engine.reason, plan, seconds, rounds }, undefined, 1));
  }
  await engine.close();
}

async function openSite(name: string, dir: string, labels: LabelMapConfig, plan: Plan): Promise<SimulatedSite> {
  const cases = await load(dir, labels, plan);
  const labelMap = resolveLabelMap(labels, labelSpace(plan.classes));
  return { name, labelMap, cases: splitHoldout(cases, labelMap, plan.training.holdout).training };
}

async function load(dir: string, labels: LabelMapConfig, plan: Plan): Promise<readonly TrainingCase[]> {
  const labelMap = resolveLabelMap(labels, labelSpace(plan.classes));
  const { cases, skipped } = await loadArchive(dir, { inputs: plan.inputs, spacing: plan.spacing, labelMap });
  for (const { name, reason } of skipped) console.log(`${name} is left out: ${reason}`);
  return cases;
}

function figures({ cases, loss, lastLoss, seconds, steps }: LocalRoundResult): object {
  return { cases, loss, lastLoss, secondsPerStep: seconds / steps };
}

function line(
  round: number,
  plan: Plan,
  updates: readonly LocalRoundResult[],
  dice: Record<string, number> | undefined,
): string {
  const losses = updates.map(({ loss }) => loss.toFixed(3)).join(" ");
  const seconds = updates.reduce((sum, update) => sum + update.seconds / update.steps, 0) / updates.length;
  const scores = plan.classes.slice(1).map((name) => `${name} ${(dice?.[name] ?? Number.NaN).toFixed(3)}`);
  const scored = dice === undefined ? "" : `  Dice ${scores.join(" ")}`;
  return `round ${round} of ${plan.rounds}  loss ${losses}  ${(1000 * seconds).toFixed(0)} ms per step${scored}`;
}
