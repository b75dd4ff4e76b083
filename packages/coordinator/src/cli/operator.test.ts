import assert from "node:assert/strict";
import test from "node:test";
import type { TestContext } from "node:test";
import { TestCoordinator } from "../testing/coordinator.js";
import { createRun, greet } from "../testing/federation.js";
import { atScreen } from "../testing/screen.js";
import { manifest } from "../testing/worker.js";

const NOT_SERVED = /^No server runs on this data folder/m;

/** For the one site there is. */
const PLAN = { classes: "[background, CSF, GM, WM]", quorum: "{ sites: 1, deadline: 1h }" };

async function served(t: TestContext) {
  const coordinator = await TestCoordinator.create(t);
  const server = await coordinator.start();
  const { socket } = await greet(coordinator, await coordinator.site("north"), manifest("tissue"));
  t.after(() => socket.disconnect());
  return { coordinator, server, run: await createRun(coordinator, PLAN), socket };
}

test("run start, run show and site list say when no server is running, and only then", async (t) => {
  const { coordinator, run, socket } = await served(t);
  const commands = [
    ["run", "show", run],
    ["site", "list"],
  ];
  for (const argv of commands) {
    assert.doesNotMatch((await atScreen(coordinator, "", ...argv)).out, NOT_SERVED, argv.join(" "));
    assert.equal((await coordinator.run(...argv)).json()["serving"], true);
  }
  const sites = async () => (await coordinator.run("site", "list")).json()["sites"] as Record<string, unknown>[];
  coordinator.clock.shiftMs += 3_600_000;
  const [connected] = await sites();
  assert.equal(connected?.["state"], "connected");
  const lastSeen = Date.parse(String(connected["lastSeen"]));
  assert.ok(coordinator.clock.now() - lastSeen < 60_000, "whoever is connected is seen now");
  socket.disconnect();
  await coordinator.stop();
  for (const argv of commands) {
    assert.match((await atScreen(coordinator, "", ...argv)).out, NOT_SERVED, argv.join(" "));
    assert.equal((await coordinator.run(...argv)).json()["serving"], false);
  }
  assert.equal((await sites())[0]?.["state"], "joined");
  assert.match((await atScreen(coordinator, "", "run", "start", run)).out, NOT_SERVED);
});

test("what cannot be undone is asked for at a screen: no answer changes nothing, --yes and scripts are not asked", async (t) => {
  const { coordinator, run } = await served(t);
  const stateOf = async () => (await coordinator.run("run", "show", run)).json()["state"];
  const no = await atScreen(coordinator, "", "run", "abort", run);
  assert.deepEqual([no.code, no.asked.length, no.err], [0, 1, "Nothing was changed.\n"]);
  assert.match(no.asked[0] ?? "", new RegExp(`${run}, which is created, for good`));
  assert.equal(await stateOf(), "created");
  assert.deepEqual((await atScreen(coordinator, "", "run", "abort", run, "--yes")).asked, []);
  assert.equal(await stateOf(), "aborted");
  assert.match((await atScreen(coordinator, "n", "site", "revoke", "north")).err, /Nothing was changed/);
  assert.equal((await atScreen(coordinator, "Y", "site", "revoke", "north")).asked.length, 1);
  const { sites } = (await coordinator.run("site", "list")).json() as { sites: { state: string }[] };
  assert.deepEqual(
    sites.map(({ state }) => state),
    ["revoked"],
  );
});

test("run list and run show name a run's state by the same word, and describe it alike", async (t) => {
  const { coordinator, run } = await served(t);
  for (const step of ["start", "pause", "resume", "abort"]) {
    await coordinator.run("run", step, run);
    const shown = (await coordinator.run("run", "show", run)).json();
    const { runs } = (await coordinator.run("run", "list")).json() as { runs: Record<string, unknown>[] };
    assert.deepEqual([runs[0]?.["state"], runs[0]?.["description"]], [shown["state"], shown["description"]], step);
    if (step === "pause") assert.equal(shown["secondsLeft"], null);
  }
});

test("-V and --version say the version", async (t) => {
  const coordinator = await TestCoordinator.create(t);
  for (const flag of ["-V", "--version"]) assert.match((await atScreen(coordinator, "", flag)).out, /^\d+\.\d+\.\d+/);
});
