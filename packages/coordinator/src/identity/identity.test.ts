import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import test from "node:test";
import { boundTokenId, LIMITS, PROTOCOL_VERSION } from "@fedace/ace-core/protocol";
import { TestCoordinator } from "../testing/coordinator.js";
import { ask, connectWith, nextEvent, post, rejectionOf, TestSite } from "../testing/site.js";

const MINUTE = 60_000;

test("an invitation enrols one site, once; the same key may ask again", async (t) => {
  const coordinator = await TestCoordinator.create(t);
  await coordinator.start();
  const now = coordinator.clock.now();
  const invitation = await coordinator.invite("north");
  const site = await TestSite.create(invitation);
  const answer = await site.join(now);
  assert.equal(answer.ok && answer.value.site, "north");
  assert.equal((await site.join(now)).ok, true, "an answer may get lost");
  const second = await TestSite.create(invitation);
  assert.deepEqual(await second.join(now), { ok: false, rejection: { code: "INVITATION_USED" } });
  const socket = await site.connect(now);
  socket.disconnect();
  assert.deepEqual(await rejectionOf(second.connect(now)), { code: "TOKEN_SIGNATURE" });
  const refused = (await coordinator.audit()).filter(({ event }) => event === "refused").map(({ fields }) => fields);
  assert.deepEqual(refused, [
    { what: "join", site: "north", code: "INVITATION_USED" },
    { what: "connection", site: "north", code: "TOKEN_SIGNATURE" },
  ]);
});

test("an invitation is refused when unknown, expired, replaced, or shown for another site", async (t) => {
  const coordinator = await TestCoordinator.create(t);
  await coordinator.start();
  const now = coordinator.clock.now();
  const first = await TestSite.create(await coordinator.invite("north"));
  const second = await TestSite.create(await coordinator.invite("north"));
  const code = async (site: TestSite, changes: object = {}, at = now): Promise<unknown> => {
    const answer = await site.join(at, changes);
    return answer.ok ? undefined : answer.rejection.code;
  };
  assert.equal(await code(first), "INVITATION_UNKNOWN", "a newer invitation replaces the older");
  assert.equal(await code(second, { secret: "A".repeat(43) }), "INVITATION_UNKNOWN");
  assert.equal(await code(await TestSite.create({ ...second.invitation, site: "south" })), "INVITATION_UNKNOWN");
  coordinator.clock.shiftMs = 8 * 86_400_000;
  assert.equal(await code(second, {}, coordinator.clock.now()), "INVITATION_EXPIRED");
});

test("a join is refused without proof of the key, from another protocol version and with a wrong clock", async (t) => {
  const coordinator = await TestCoordinator.create(t);
  await coordinator.start();
  const now = coordinator.clock.now();
  const site = await TestSite.create(await coordinator.invite("north"));
  const other = await TestSite.create(site.invitation);
  const rejection = async (changes: object, proof: object = {}): Promise<unknown> => {
    const answer = await site.join(now, changes, proof);
    return answer.ok ? undefined : answer.rejection;
  };
  assert.deepEqual(await rejection({ key: other.publicKey }), { code: "TOKEN_SIGNATURE" });
  assert.deepEqual(await rejection({}, { sub: "south" }), { code: "TOKEN_MALFORMED" });
  assert.deepEqual(await rejection({}, { aud: "another" }), { code: "TOKEN_AUDIENCE" });
  assert.deepEqual(await rejection({ protocol: 99 }), { code: "PROTOCOL_VERSION", expected: PROTOCOL_VERSION });
  assert.deepEqual(await rejection({ extra: 1 }), { code: "MESSAGE_MALFORMED" });
  const skewed = (await rejection({}, { iat: (now - 10 * MINUTE) / 1000 })) as { code: string; expected: number };
  assert.equal(skewed.code, "CLOCK_SKEW");
  assert.ok(Math.abs(skewed.expected - now) < MINUTE);
  assert.equal((await site.join(now)).ok, true, "none of these used the invitation up");
});

test("requests that are no joins are answered and do no harm", async (t) => {
  const coordinator = await TestCoordinator.create(t);
  await coordinator.start();
  const invitation = await coordinator.invite("north");
  const malformed = JSON.stringify({ ok: false, rejection: { code: "MESSAGE_MALFORMED" } });
  for (const body of ["", "{", "null", "[]", '"x"', "x".repeat(LIMITS.requestBytes + 1)]) {
    assert.deepEqual(await post(invitation, body), { status: 400, body: malformed });
  }
  assert.equal((await post(invitation, "", "/healthz", "GET")).status, 200);
  assert.equal((await post(invitation, "", "/v1/join", "GET")).status, 404);
  assert.equal((await post(invitation, "", "/", "DELETE")).status, 404);
});

test("each bad token is refused with a code of its own", async (t) => {
  const coordinator = await TestCoordinator.create(t);
  await coordinator.start();
  const site = await coordinator.site("north");
  const stranger = await TestSite.create({ ...site.invitation, site: "stranger" });
  const now = coordinator.clock.now();
  const seconds = Math.floor(now / 1000);
  const code = async (auth: object): Promise<unknown> =>
    ((await rejectionOf(connectWith(site.invitation, { protocol: PROTOCOL_VERSION, ...auth }))) as { code?: string })
      .code;
  assert.equal(await code({}), "TOKEN_MISSING");
  assert.equal(await code({ token: "nonsense" }), "TOKEN_MALFORMED");
  assert.equal(await code({ token: 5 }), "TOKEN_MALFORMED");
  assert.equal(await code({ token: await site.token(now), extra: true }), "MESSAGE_MALFORMED");
  assert.equal(await code({ token: await site.token(now), protocol: 0 }), "PROTOCOL_VERSION");
  assert.equal(await code({ token: await stranger.token(now) }), "SITE_UNKNOWN");
  const otherKey = await TestSite.create(site.invitation);
  assert.equal(await code({ token: await otherKey.token(now) }), "TOKEN_SIGNATURE");
  assert.equal(await code({ token: await site.token(now, { aud: "another" }) }), "TOKEN_AUDIENCE");
  assert.equal(await code({ token: await site.token(now - 2 * MINUTE), time: now }), "TOKEN_EXPIRED");
  assert.equal(await code({ token: await site.token(now + 2 * MINUTE), time: now }), "TOKEN_NOT_YET_VALID");
  assert.equal(await code({ token: await site.token(now, { exp: seconds + 3600 }) }), "TOKEN_MALFORMED");
  assert.equal(await code({ token: await site.token(now, { exp: seconds - 1 }) }), "TOKEN_MALFORMED");
  assert.equal(await code({ token: await site.token(now, { jti: "short" }) }), "TOKEN_MALFORMED");
  for (const off of [-10 * MINUTE, 10 * MINUTE]) {
    assert.equal(await code({ token: await site.token(now + off), time: now + off }), "CLOCK_SKEW");
    assert.equal(await code({ token: await site.token(now + off) }), "CLOCK_SKEW", "without the site's clock too");
  }
  for (const off of [-4 * MINUTE, 4 * MINUTE]) {
    (await site.connect(now, { token: await site.token(now + off), time: now + off })).disconnect();
  }
});

test("a token is good for one connection, over a restart of the coordinator too", async (t) => {
  const coordinator = await TestCoordinator.create(t);
  const server = await coordinator.start();
  const site = await coordinator.site("north");
  const token = await site.token(coordinator.clock.now());
  (await site.connect(0, { token })).disconnect();
  assert.deepEqual(await rejectionOf(site.connect(0, { token })), { code: "TOKEN_REUSED" });
  await server.stop();
  const again = await coordinator.start();
  const moved = { ...site.invitation, url: again.address().url };
  const auth = { protocol: PROTOCOL_VERSION, token };
  assert.deepEqual(await rejectionOf(connectWith(moved, auth)), { code: "TOKEN_REUSED" });
});

test("a token that was made for another connection is not taken, however young it is and whatever clock is claimed", async (t) => {
  const coordinator = await TestCoordinator.create(t);
  await coordinator.start();
  const site = await coordinator.site("north");
  const now = coordinator.clock.now();
  const jti = boundTokenId("AnotherConnection123", randomUUID());
  for (const time of [now, now - LIMITS.clockSkewSeconds * 1000]) {
    const auth = { token: await site.token(time, { jti }), time };
    assert.deepEqual(await rejectionOf(site.connect(now, auth)), { code: "TOKEN_REUSED" });
  }
});

test("a revoked site is disconnected and refused until it joins with a new invitation", async (t) => {
  const coordinator = await TestCoordinator.create(t);
  await coordinator.start();
  const site = await coordinator.site("north");
  const socket = await site.connect(coordinator.clock.now());
  const goodbye = nextEvent(socket, "goodbye");
  const gone = nextEvent(socket, "disconnect");
  assert.equal((await coordinator.run("site", "revoke", "north")).code, 0);
  assert.deepEqual(await goodbye, { code: "SITE_REVOKED" });
  await gone;
  assert.deepEqual(await rejectionOf(site.connect(coordinator.clock.now())), { code: "SITE_REVOKED" });
  assert.deepEqual(
    await site.join(coordinator.clock.now()),
    { ok: false, rejection: { code: "SITE_REVOKED" } },
    "the invitation that it used does not help it",
  );
  const back = await coordinator.site("north");
  (await back.connect(coordinator.clock.now())).disconnect();
  assert.deepEqual(await rejectionOf(site.connect(coordinator.clock.now())), { code: "TOKEN_SIGNATURE" });
});

test("a connection ends when its site has joined anew with another key", async (t) => {
  const coordinator = await TestCoordinator.create(t);
  await coordinator.start();
  const site = await coordinator.site("north");
  const socket = await site.connect(coordinator.clock.now());
  const goodbye = nextEvent(socket, "goodbye");
  const gone = nextEvent(socket, "disconnect");
  const heir = await coordinator.site("north");
  assert.deepEqual(await goodbye, { code: "TOKEN_SIGNATURE" });
  await gone;
  (await heir.connect(coordinator.clock.now())).disconnect();
});

test("a second connection of a site takes over from the first", async (t) => {
  const coordinator = await TestCoordinator.create(t);
  await coordinator.start();
  const site = await coordinator.site("north");
  const first = await site.connect(coordinator.clock.now());
  const goodbye = nextEvent(first, "goodbye");
  const second = await site.connect(coordinator.clock.now());
  assert.deepEqual(await goodbye, { code: "SITE_CONNECTED_ELSEWHERE" });
  const manifest = { software: "test", labels: { kind: "tissue" }, inputs: ["T1w"], cases: 3, engine: "none" };
  const answer = await ask(second, "manifest", manifest);
  assert.equal(answer.ok && answer.value.site, "north");
  second.disconnect();
});
