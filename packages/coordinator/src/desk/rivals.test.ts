import assert from "node:assert/strict";
import test from "node:test";
import { TestCoordinator } from "../testing/coordinator.js";
import { atScreen } from "../testing/screen.js";
import { nextEvent } from "../testing/site.js";

const MINUTE = 60_000;

test("two clients with one key are told apart from one that has died: the operator sees them in site list and audit log", async (t) => {
  const coordinator = await TestCoordinator.create(t);
  await coordinator.start();
  const site = await coordinator.site("north");
  const rivals = async (): Promise<[inAudit: number, inList: unknown]> => {
    const events = (await coordinator.audit()).filter(({ event }) => event === "site.two-clients");
    const { sites } = (await coordinator.run("site", "list")).json() as { sites: { twoClients: string | null }[] };
    return [events.length, sites[0]?.twoClients];
  };
  const first = await site.connect(coordinator.clock.now());
  const told = nextEvent(first, "goodbye");
  const second = await site.connect(coordinator.clock.now());
  assert.deepEqual(await told, { code: "SITE_CONNECTED_ELSEWHERE" });
  assert.deepEqual(await rivals(), [0, null], "once may be a network that failed on one side");

  // A connection of which nothing has been heard for a while may be dead: that is no rival.
  coordinator.clock.shiftMs += MINUTE;
  const third = await site.connect(coordinator.clock.now());
  assert.deepEqual(await rivals(), [0, null]);

  // The first comes back, and the other again.
  await site.connect(coordinator.clock.now());
  const [events, seen] = await rivals();
  assert.equal(events, 1);
  assert.ok(Math.abs(Date.parse(String(seen)) - coordinator.clock.now()) < MINUTE);
  const { out } = await atScreen(coordinator, "", "site", "list");
  assert.match(out, /^north: two clients connect as this site and push each other out, last at \d{4}-/m);
  assert.match(out, /next: have one of them stopped; .*fedace-coordinator site revoke north$/m);

  coordinator.clock.shiftMs += 61 * MINUTE;
  assert.deepEqual(await rivals(), [1, null], "it was long ago");
  for (const socket of [second, third]) assert.equal(socket.connected, false);
});

test("who takes over within an hour is a rival, later it is not; a site that was enrolled anew begins without one", async (t) => {
  const coordinator = await TestCoordinator.create(t);
  await coordinator.start();
  const site = await coordinator.site("north");
  const takeOver = async (): Promise<void> => {
    (await site.connect(coordinator.clock.now())).on("error", () => undefined);
  };
  const count = async (): Promise<number> =>
    (await coordinator.audit()).filter(({ event }) => event === "site.two-clients").length;
  await takeOver();
  await takeOver();
  coordinator.clock.shiftMs += 59 * MINUTE;
  // Both are heard anew, and the second takes over.
  await takeOver();
  await takeOver();
  assert.equal(await count(), 1);
  coordinator.clock.shiftMs += 61 * MINUTE;
  await takeOver();
  await takeOver();
  assert.equal(await count(), 1);
  await takeOver();
  assert.equal(await count(), 2);
  await coordinator.site("north");
  const { sites } = (await coordinator.run("site", "list")).json() as { sites: { twoClients: string | null }[] };
  assert.equal(sites[0]?.twoClients, null);
});
