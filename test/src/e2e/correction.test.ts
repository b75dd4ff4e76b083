import assert from "node:assert/strict";
import { existsSync, readFileSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { before, test } from "node:test";
import { openEngine } from "@fedace/ace-core/engine";
import { systemClock } from "@fedace/ace-core/foundation";
import { readBundle } from "@fedace/ace-core/export";
import type { LabelMapConfig } from "@fedace/ace-core/labels";
import { initialise, modelSpec } from "@fedace/ace-core/model";
import { parsePlan } from "@fedace/ace-core/protocol";
import type { PlanInput } from "@fedace/ace-core/protocol";
import { splitHoldout } from "@fedace/ace-core/training";
import { loadCases, simulateRound } from "../simulation/index.js";
import type { Cases, Standing } from "../simulation/index.js";
import { House } from "./house.js";
import type { Console } from "./house.js";

before(async () => {
  await openEngine({ choice: "wasm", threads: 1 });
});

const REST = ["background", "CSF", "GM"];
/** One site knows nothing of white matter, the other of nothing else. */
const LABELS: Readonly<Record<string, LabelMapConfig>> = {
  north: { values: { 0: ["background"], 1: ["CSF"], 2: ["GM"], 3: "ignore" } },
  south: { values: { 0: REST, 1: REST, 2: REST, 3: ["WM"] } },
};

const PLAN: PlanInput = {
  name: "corrected",
  classes: ["background", "CSF", "GM", "WM"],
  inputs: ["T1w"],
  spacing: [8, 8, 8],
  model: { preset: "tiny" },
  training: {
    patch: [8, 8, 8],
    batch: 1,
    steps: 3,
    correction: "control-variates",
    absentPrior: 2,
    holdout: 0.3,
    schedule: "cooldown",
  },
  aggregation: { weighting: "classes", average: { kind: "ema", decay: 0.6 } },
  rounds: 4,
  quorum: { sites: 2, deadline: "5m" },
};

/** What the run comes to without a network, a disk or a disturbance: the published weights of its last round. */
async function expected(house: House): Promise<Float32Array> {
  const plan = parsePlan(PLAN);
  const sites: Cases[] = [];
  for (const [name, labels] of Object.entries(LABELS)) {
    const site = await loadCases({ name, archive: house.archive, labels }, plan);
    sites.push(site);
  }
  const model = initialise(modelSpec(plan.model, 1, 4), plan.seed);
  let standing: Standing = { model, published: model, sites };
  for (let round = 1; round <= plan.rounds; round++) {
    // Of three cases, another one is kept back every round.
    const kept = standing.sites.map((site, i) => {
      const cases = sites[i]?.cases ?? [];
      return { ...site, cases: splitHoldout(cases, site.labelMap, plan.training.holdout, round).training };
    });
    standing = await simulateRound(plan, round, { ...standing, sites: kept });
  }
  assert.notDeepEqual(standing.published.data, standing.model.data);
  return standing.published.data;
}

async function published(house: House, run: string): Promise<Float32Array> {
  const file = join(house.dir, "model.safetensors");
  const got = await house.coordinator("model", "get", run, "--out", file, "--round", "4");
  assert.equal(got.code, 0, got.err);
  return readBundle(readFileSync(file)).weights.data;
}

type Started = Readonly<Record<"north" | "south", { readonly console: Console; readonly stop: () => Promise<void> }>>;

async function started(house: House): Promise<Started> {
  const start = async (name: string): Promise<Started["north"]> => {
    await house.joined(name);
    const { site, console } = house.site(name, systemClock, "", LABELS[name]);
    await site.start();
    await console.until(/^connected/);
    return { console, stop: () => site.stop() };
  };
  return { north: await start("north"), south: await start("south") };
}

test("a corrected, averaged run over the wire is the simulated one, bit for bit, and leaves nothing of itself at the sites", async (t) => {
  const house = await House.open(t);
  const { north, south } = await started(house);
  const run = await house.run(PLAN);
  for (const { console } of [north, south]) await console.until(/^final score: scored/);
  assert.deepEqual(await published(house, run), await expected(house));
  // Which cases it has seen outlives a run, for `compare`; nothing of the model does.
  for (const name of ["north", "south"])
    assert.deepEqual(readdirSync(join(house.data(name), "runs")), [`${run}.cases.json`]);
});

test("sites and coordinator that stop at any point of a corrected run come to the same model, bit for bit", async (t) => {
  const house = await House.open(t);
  const { north, south } = await started(house);
  const run = await house.run(PLAN);
  // The site goes between two rounds' updates; the coordinator while both train; the site again, and loses its average.
  await south.console.until(/^round 2 of 4: training/);
  await south.stop();
  assert.ok(existsSync(join(house.data("south"), "runs", run, "kept.json")));
  const second = house.site("south", systemClock, "", LABELS["south"]);
  await second.site.start();
  await second.console.until(/^round 3 of 4: training/);
  await house.stop();
  await house.start();
  await second.console.until(/^round 3 of 4: uploaded .* and counted/);
  await second.site.stop();
  const third = house.site("south", systemClock, "", LABELS["south"]);
  await third.site.start();
  for (const { console } of [north, third]) await console.until(/^final score: scored/);
  assert.deepEqual(await published(house, run), await expected(house));
});
