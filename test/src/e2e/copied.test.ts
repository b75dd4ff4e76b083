import assert from "node:assert/strict";
import { cpSync } from "node:fs";
import { test } from "node:test";
import { systemClock } from "@fedace/ace-core/foundation";
import type { Clock } from "@fedace/ace-core/foundation";
import { House } from "./house.js";

/** The machine's clock; half a minute to a minute, which is how long who was pushed out waits, is a fiftieth as long. */
const hasty: Clock = {
  now: () => systemClock.now(),
  after: (ms, callback, keepsAlive) =>
    systemClock.after(ms > 15_000 && ms < 60_000 ? ms / 50 : ms, callback, keepsAlive),
};

test("a second client on a copied folder does not stop the real one: it says what happened, comes back, and takes part", async (t) => {
  const house = await House.open(t);
  await house.joined("alone");
  cpSync(house.data("alone"), house.data("copy"), { recursive: true });
  const real = house.site("alone", hasty);
  await real.site.start();
  await real.console.until(/^connected/);
  const copy = house.site("copy", hasty);
  await copy.site.start();
  await copy.console.until(/^connected/);
  await real.console.until(/another client has connected as this site.* Next attempt in .*SITE_CONNECTED_ELSEWHERE/i);
  await real.console.until(/^connected/, 2);
  await copy.console.until(/SITE_CONNECTED_ELSEWHERE/);
  await copy.console.until(/^connected/, 2);
  const { out } = await house.coordinator("site", "list");
  assert.match(out, /^alone: two clients connect as this site/m);
  const audit = JSON.parse((await house.coordinator("audit", "list", "--json")).out) as {
    entries: { event: string }[];
  };
  assert.ok(audit.entries.some(({ event }) => event === "site.two-clients"));

  // Somebody stops the copy; the real one is back and plays a round.
  await copy.site.stop();
  await house.run();
  await real.console.until(/^round 1 of 1: uploaded .* and counted/);
  await real.console.until(/^final score: scored/);
});
