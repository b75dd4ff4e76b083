import assert from "node:assert/strict";
import { join } from "node:path";
import { test } from "node:test";
import type { TestContext } from "node:test";
import type { Site } from "@fedace/site-client";
import { House } from "../e2e/house.js";
import type { Console } from "../e2e/house.js";
import { FIRST_PLAN, FirstCoordinator } from "./first-coordinator.js";

interface Scene {
  readonly coordinator: FirstCoordinator;
  readonly console: Console;
  readonly site: Site;
}

/** Today's site, joined to a coordinator of 0.1.0 and not yet connected. */
async function scene(t: TestContext): Promise<Scene> {
  const house = await House.open(t);
  const coordinator = await FirstCoordinator.start(t);
  const joined = await house.join(coordinator.invite("here", join(house.dir, "first.json")), "here");
  assert.equal(joined.code, 0, joined.err);
  return { coordinator, ...house.site("here") };
}

async function connected(t: TestContext): Promise<Scene> {
  const made = await scene(t);
  await made.site.start();
  await made.console.until(/^waiting for the next round/);
  return made;
}

test("today's site works for a coordinator of 0.1.0: it says what that one takes, once it has found out", async (t) => {
  const { coordinator, console } = await connected(t);
  assert.deepEqual(coordinator.refused, ["manifest"]);
  const { cases, ...said } = (await coordinator.next("manifest")) as { cases: number };
  assert.deepEqual([cases, Object.keys(said).sort()], [3, ["engine", "inputs", "labels", "software"]]);
  await coordinator.assign(coordinator.assignment("train", 1));
  await console.until(/^round 1 of 1: uploaded .* and counted/);
  coordinator.say("round.closed", { run: "first-1a2b", round: 1, reason: "aggregated" });
  await coordinator.assign(coordinator.assignment("evaluate", 2));
  await console.until(/^final score: scored/);
  const { evaluation } = (await coordinator.next("evaluation")) as { evaluation: object };
  assert.deepEqual(Object.keys(evaluation).sort(), ["cases", "dice"]);
  assert.deepEqual(coordinator.refused, ["manifest"], "nothing else was refused");
});

test("what today's site cannot read of a newer coordinator it declines or leaves alone, and works on", async (t) => {
  const { coordinator, console } = await connected(t);
  const good = coordinator.assignment("train", 1);
  const { training } = FIRST_PLAN;
  const wish = { ...FIRST_PLAN, training: { ...training, telepathy: 3 } };
  await coordinator.assign({ ...good, plan: wish });
  assert.deepEqual(await coordinator.next("decline"), { run: good.run, round: 1, code: "PLAN_INVALID" });
  await console.until(/an assignment was not accepted: .*training\.telepathy.* \[PLAN_INVALID\]/);
  await coordinator.assign({ ...good, round: 2, telepathy: true });
  assert.deepEqual(await coordinator.next("decline"), { run: good.run, round: 2, code: "ASSIGNMENT_INVALID" });
  await coordinator.assign({ ...good, site: "elsewhere", telepathy: true });
  coordinator.say("telepathy", { a: 1 });
  await console.until(/^a message of the coordinator that this version does not know was ignored/);
  coordinator.say("round.closed", { run: good.run, round: 1, reason: "aggregated", telepathy: true });
  await console.until(/^a malformed message of the coordinator was ignored/);
  await coordinator.assign(good);
  await console.until(/^round 1 of 1: uploaded .* and counted/);
  assert.equal(console.count(/^connected/), 1, "on the first connection");
  assert.deepEqual(
    coordinator.taken.filter(({ name }) => name === "decline"),
    [],
    "what is for another is not declined",
  );
});

for (const [expected, remedy] of [
  [2, /^Update this client: the coordinator is newer\.$/],
  [0, /^Ask the operator to update the coordinator, which is older/],
] as const) {
  test(`version ${expected} of the protocol at the coordinator ends the site, and says which side is to be updated`, async (t) => {
    const { coordinator, site } = await scene(t);
    coordinator.refusal = { code: "PROTOCOL_VERSION", expected };
    await site.start();
    const error = await site.done;
    assert.equal(error?.code, "COORDINATOR_PROTOCOL");
    assert.match(error.message, new RegExp(`speaks version 1 of the protocol, the coordinator version ${expected}\\.`));
    assert.match(error.remedy, remedy);
  });
}
