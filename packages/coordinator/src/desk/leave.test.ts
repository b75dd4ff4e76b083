import assert from "node:assert/strict";
import test from "node:test";
import { scene } from "../testing/federation.js";
import { ask, nextEvent, rejectionOf } from "../testing/site.js";

test("a site that leaves is waited for no longer, is cut off, and is back only by a new invitation", async (t) => {
  const { coordinator, run, lesion } = await scene(t);
  const waiting = async () => (await coordinator.run("run", "show", run)).json()["waitingFor"];
  assert.deepEqual(await waiting(), ["lesion", "tissue"]);
  const goodbye = nextEvent(lesion.socket, "goodbye");
  assert.deepEqual(await ask(lesion.socket, "leave", { why: "no" }), {
    ok: false,
    rejection: { code: "MESSAGE_MALFORMED" },
  });
  assert.deepEqual(await ask(lesion.socket, "leave", {}), { ok: true, value: {} });
  assert.deepEqual(await waiting(), ["tissue"]);
  assert.deepEqual(await goodbye, { code: "SITE_REVOKED" });
  assert.deepEqual(await rejectionOf(lesion.site.connect(coordinator.clock.now())), { code: "SITE_REVOKED" });
  const left = (await coordinator.audit()).filter(({ event }) => event === "site.left");
  assert.deepEqual(
    left.map(({ fields }) => fields),
    [{ site: "lesion" }],
  );
  const state = async () =>
    ((await coordinator.run("site", "list")).json()["sites"] as { site: string; state: string }[])[0]?.state;
  assert.equal(await state(), "left");
  const back = await coordinator.site("lesion");
  assert.equal(await state(), "joined");
  (await back.connect(coordinator.clock.now())).disconnect();
});
