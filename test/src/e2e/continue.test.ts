import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { readBundle } from "@fedace/ace-core/export";
import { systemClock } from "@fedace/ace-core/foundation";
import { House } from "./house.js";

interface Shown {
  readonly state: string;
  readonly unscored: readonly string[];
  readonly fewCases: readonly string[];
  readonly history: readonly unknown[];
  readonly scores: readonly {
    readonly model: number;
    readonly sites: readonly { readonly cases: number; readonly dice: Readonly<Record<string, number | null>> }[];
  }[];
}

test("training goes on from a bundle; a run without rounds has it scored on every case of a site, and trains nothing", async (t) => {
  const house = await House.open(t);
  await house.joined("north");
  const { site, console } = house.site("north", systemClock);
  await site.start();
  await console.until(/^connected/);
  const first = await house.run();
  await console.until(/^final score: scored/);
  const get = async (run: string, round: string): Promise<ReturnType<typeof readBundle>> => {
    const got = await house.coordinator("model", "get", run, "--out", join(house.dir, `${run}.st`), "--round", round);
    assert.equal(got.code, 0, got.err);
    return readBundle(readFileSync(join(house.dir, `${run}.st`)));
  };
  const trained = await get(first, "1");

  const second = await house.run({ init: `${first}.st`, seed: 9 });
  await console.until(/^final score: scored/, 2);
  const more = await get(second, "1");
  assert.deepEqual(more.card.plan.init, { run: first, round: 1, tensors: trained.card.tensors });
  assert.notDeepEqual(more.weights.data, trained.weights.data);

  const scored = await house.run({ init: `${first}.st`, rounds: 0 });
  await console.until(/^final score: scored/, 3);
  const shown = JSON.parse((await house.coordinator("run", "show", scored, "--json")).out) as Shown;
  assert.deepEqual([shown.state, shown.unscored, shown.fewCases, shown.history], ["completed", [], [], []]);
  assert.deepEqual(
    shown.scores.map(({ model, sites }) => [model, sites.map(({ cases }) => cases)]),
    [[0, [3]]],
    "all three cases, where training would keep one back",
  );
  assert.ok(Object.values(shown.scores[0]?.sites[0]?.dice ?? {}).every((dice) => dice !== null));

  const text = (await house.coordinator("run", "show", scored)).out;
  assert.match(text, /completed, evaluation only/);
});

test("a run without rounds needs a model", async (t) => {
  const house = await House.open(t);
  await assert.rejects(house.run({ rounds: 0 }), /PLAN_INVALID.*no model to be scored/);
});
