import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import type { TestContext } from "node:test";
import { readBundle } from "@fedace/ace-core/export";
import type { Bundle } from "@fedace/ace-core/export";
import type { PlanInput } from "@fedace/ace-core/protocol";
import { House } from "../e2e/house.js";
import { FirstSite } from "./first-site.js";

const PLAN = { classes: ["background", "CSF", "GM", "WM", "lesion"], inputs: ["T1w", "FLAIR"], rounds: 2 };
const QUORUM = { quorum: { sites: 2, deadline: "5m" } };

async function started(t: TestContext, house: House): Promise<FirstSite[]> {
  const sites = [
    await FirstSite.start(await house.invite("tissue"), "tissue"),
    await FirstSite.start(await house.invite("lesion"), "lesion"),
  ];
  t.after(() => {
    for (const site of sites) site.stop();
  });
  return sites;
}

async function bundle(house: House, run: string, round: number): Promise<Bundle> {
  const file = join(house.dir, `round-${round}.safetensors`);
  const got = await house.coordinator("model", "get", run, "--out", file, "--round", String(round));
  assert.equal(got.code, 0, got.err);
  return readBundle(readFileSync(file));
}

test("sites of 0.1.0 take part in a run of today's coordinator, to the bundle", async (t) => {
  const house = await House.open(t);
  const sites = await started(t, house);
  // What is the coordinator's affair alone may be as new as it likes.
  const aggregation = { strategy: "fedavgm", weighting: "classes", momentum: 0.25 } as const;
  const training = { batch: 1, steps: 1, checkpointing: true, precision: "mixed" as const };
  const run = await house.run({
    ...PLAN,
    ...QUORUM,
    aggregation,
    training: { ...training, patch: [8, 8, 8] },
    stop: { patience: 5 },
  });
  for (const round of [1, 2, 3]) {
    for (const site of sites) {
      const assignment = await site.assigned();
      assert.deepEqual([assignment.kind, assignment.round], [round === 3 ? "evaluate" : "train", round]);
      await site.work(assignment, 0.01);
    }
  }
  const [initial, joint] = [await bundle(house, run, 0), await bundle(house, run, 2)];
  // m ← .25 m + .01 and w ← w + .01 + .25 m, twice (arXiv 2311.08105): .0125 + .013125.
  const moved = joint.weights.data.map((value, k) => value - (initial.weights.data[k] ?? 0));
  assert.ok(moved.every((value) => Math.abs(value - 0.025625) < 1e-6));
  const { card } = joint;
  assert.deepEqual(
    card.sites.map(({ name }) => name),
    ["lesion", "tissue"],
  );
});

/** What a plan can ask of a site that 0.1.0 did not know. */
const BEYOND: Readonly<Record<string, Partial<PlanInput>>> = {
  "training.dropInputs": { training: { patch: [8, 8, 8], dropInputs: 0.2 } },
  "training.correction": { training: { patch: [8, 8, 8], correction: "control-variates" } },
  "training.absentPrior": { training: { patch: [8, 8, 8], absentPrior: 2 } },
  "aggregation.average": { aggregation: { average: { kind: "ema" } } },
};

test("a site of 0.1.0 is not asked for what it does not know: the run says so, and goes on where others suffice", async (t) => {
  const house = await House.open(t);
  const sites = await started(t, house);
  for (const [key, changes] of Object.entries(BEYOND)) {
    const { training, ...rest } = { training: { patch: [8, 8, 8] as [number, number, number] }, ...changes };
    await assert.rejects(house.run({ ...PLAN, ...QUORUM, ...rest, training }), (error: Error) => {
      assert.match(error.message, /^error RUN_TOO_FEW_SITES: .*: 0 of at least 2 sites can take part; /);
      assert.match(error.message, new RegExp(`lesion cannot: its client is too old for ${key} and has to be updated`));
      return true;
    });
  }
  await house.joined("today");
  const { site, console } = house.site("today");
  await site.start();
  await console.until(/^connected/);
  const run = await house.run({ training: { patch: [8, 8, 8], batch: 1, steps: 2, absentPrior: 2 } });
  await console.until(/^final score/);
  const shown = JSON.parse((await house.coordinator("run", "show", run, "--json")).out) as {
    readonly sites: readonly { readonly site: string; readonly problem: { readonly code: string } | null }[];
  };
  assert.deepEqual(
    shown.sites.map((one) => [one.site, one.problem?.code]),
    [
      ["lesion", "SITE_OUTDATED"],
      ["tissue", "SITE_OUTDATED"],
      ["today", undefined],
    ],
  );
  // Nothing was sent to them: what comes next is what they can read.
  await house.run({ ...PLAN, quorum: { sites: 3, deadline: "5m" } });
  for (const one of sites) assert.equal((await one.assigned()).round, 1);
});

test("what the coordinator does not know is answered by code, and the connection stays", async (t) => {
  const house = await House.open(t);
  const [site] = await started(t, house);
  assert.ok(site);
  const malformed = { ok: false, rejection: { code: "MESSAGE_MALFORMED" } };
  const manifest = { software: "fedace-site/9", labels: { kind: "tissue" }, inputs: ["T1w"], cases: 3, engine: "wasm" };
  assert.deepEqual(await site.say("manifest", { ...manifest, telepathy: true }), malformed);
  assert.deepEqual(await site.say("telepathy", {}), malformed);
  assert.deepEqual(await site.say("decline", { run: "run-1", round: 1, code: "SITE_DISK", because: 1 }), malformed);
  assert.equal((await site.say("manifest", { ...manifest, understands: ["metrics", "plan-9", "telepathy"] })).ok, true);
  assert.ok(site.connected);
});
