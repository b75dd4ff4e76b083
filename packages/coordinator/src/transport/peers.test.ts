import assert from "node:assert/strict";
import { once } from "node:events";
import { connect as tcpConnect } from "node:net";
import type { Socket } from "node:net";
import test from "node:test";
import type { TestContext } from "node:test";
import { LIMITS } from "@fedace/ace-core/protocol";
import { Attacker } from "../testing/attacker.js";
import { TestCoordinator } from "../testing/coordinator.js";
import { greet, scene as federated } from "../testing/federation.js";
import { ask, nextEvent, rejectionOf } from "../testing/site.js";
import type { TestSite } from "../testing/site.js";
import { manifest } from "../testing/worker.js";
import { STRANGER_BYTES, STRANGERS } from "./lobby.js";
import { CONNECTION_RATE, MESSAGE_RATES, PENDING_MESSAGES } from "./rates.js";

async function scene(t: TestContext): Promise<{ coordinator: TestCoordinator; site: TestSite }> {
  const coordinator = await TestCoordinator.create(t);
  await coordinator.start();
  return { coordinator, site: await coordinator.site("tissue") };
}

test("a connection without a token is ended by the first byte beyond its few, not by the last one within", async (t) => {
  const { site } = await scene(t);
  const attacker = await Attacker.websocket(site.invitation);
  t.after(() => attacker.socket.destroy());
  const half = Buffer.alloc(STRANGER_BYTES - 14, "x");
  attacker.frame(half, LIMITS.messageBytes);
  // Answered over another connection, later than the bytes above were read.
  assert.equal((await rejectionOf(site.connect(0, { token: "x" }))) === undefined, false);
  assert.equal(attacker.socket.closed, false);
  attacker.socket.write("x");
  await attacker.closed;
});

test("a connection has one try: after a refusal it is ended, and a second CONNECT ends it unread", async (t) => {
  const { coordinator, site } = await scene(t);
  const attacker = await Attacker.websocket(site.invitation);
  attacker.frame('40{"protocol":1,"token":"x"}');
  await attacker.closed;
  const hasty = await Attacker.websocket(site.invitation);
  for (let i = 0; i < 200; i++) hasty.frame('40{"protocol":1,"token":"x"}');
  await hasty.closed;
  const refused = (await coordinator.audit()).filter(({ event }) => event === "refused");
  assert.ok(refused.length <= 2, `${refused.length} tries were looked at`);
});

test("strangers have places of their own: whoever holds the most gives one up, and sites keep theirs", async (t) => {
  const { coordinator, site } = await scene(t);
  const { socket } = await greet(coordinator, site, manifest("tissue"));
  const port = Number(new URL(site.invitation.url).port);
  const crowd: Socket[] = [];
  t.after(() => {
    for (const stranger of crowd) stranger.destroy();
  });
  for (let i = 0; i < STRANGERS + 5; i++) {
    const stranger = tcpConnect({ host: "127.0.0.1", port });
    stranger.on("error", () => undefined);
    stranger.resume();
    crowd.push(stranger);
    await once(stranger, "connect");
  }
  await coordinator.eventually(() => crowd.filter(({ closed }) => closed).length === 5);
  const other = await coordinator.site("lesion");
  const connected = await greet(coordinator, other, manifest("lesion"));
  assert.equal((await ask(socket, "manifest", manifest("tissue"))).ok, true, "the site that was there is there still");
  socket.disconnect();
  connected.socket.disconnect();
});

test("one who asks for the model and does not read it is cut, and the log says so", async (t) => {
  const { coordinator, tissue, assignment } = await federated(t, { model: "{ preset: paper }" });
  const { run, round } = assignment;
  const length = LIMITS.chunkBytes;
  assert.ok(assignment.model.bytes >= length);
  (tissue.socket.io.engine.transport as unknown as { ws: { pause(): void } }).ws.pause();
  // A minute to read the answers is over in a moment.
  coordinator.clock.haste = 100;
  // More than its socket and the coordinator's take in together; those beyond the pending ones are refused at once.
  for (let i = 0; i < PENDING_MESSAGES; i++) {
    tissue.socket.emit("model.read", { run, round, offset: 0, length }, () => undefined);
  }
  let fields: Record<string, unknown> | undefined;
  while (fields === undefined) {
    fields = (await coordinator.audit()).findLast(({ event }) => event === "refused")?.fields;
  }
  assert.deepEqual(fields, { what: "message", site: "tissue", code: "ANSWERS_UNREAD" });
});

test("a site that sends packets without end is told so and cut; it comes back in the next window", async (t) => {
  const { coordinator, site } = await scene(t);
  const { socket } = await greet(coordinator, site, manifest("tissue"));
  const goodbye = nextEvent(socket, "goodbye");
  for (let i = 0; i <= 2 * LIMITS.messages; i++) socket.emit("nothing");
  assert.deepEqual(await goodbye, { code: "RATE_LIMITED" });
  coordinator.clock.shiftMs += LIMITS.messageWindowMs;
  (await greet(coordinator, site, manifest("tissue"))).socket.disconnect();
  const refused = (await coordinator.audit()).filter(({ event }) => event === "refused");
  // Said once, however much came behind.
  assert.deepEqual(
    refused.map(({ fields }) => fields),
    [{ what: "message", site: "tissue", code: "RATE_LIMITED" }],
  );
});

test("each kind of message has its rate, over all connections of a site, and so have its connections", async (t) => {
  const { coordinator, site } = await scene(t);
  coordinator.clock.stop();
  const { socket } = await greet(coordinator, site, manifest("tissue"));
  for (let i = 1; i < MESSAGE_RATES.manifest; i++) {
    assert.equal((await ask(socket, "manifest", manifest("tissue"))).ok, true);
  }
  const limited = { ok: false, rejection: { code: "RATE_LIMITED" } };
  assert.deepEqual(await ask(socket, "manifest", manifest("tissue")), limited);
  socket.disconnect();
  for (let i = 1; i < CONNECTION_RATE; i++) {
    const again = await site.connect(coordinator.clock.now());
    if (i === 1) assert.deepEqual(await ask(again, "manifest", manifest("tissue")), limited);
    again.disconnect();
  }
  assert.deepEqual(await rejectionOf(site.connect(coordinator.clock.now())), { code: "RATE_LIMITED" });
  coordinator.clock.shiftMs += LIMITS.messageWindowMs;
  (await greet(coordinator, site, manifest("tissue"))).socket.disconnect();
});
