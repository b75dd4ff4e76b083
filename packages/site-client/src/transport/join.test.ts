import assert from "node:assert/strict";
import { test } from "node:test";
import { systemClock } from "@fedace/ace-core/foundation";
import type { Clock } from "@fedace/ace-core/foundation";
import type { Invitation } from "@fedace/ace-core/protocol";
import { requestJoin } from "./join.js";
import { other, key, fake, invitationTo } from "./transport.test.helper.js";

const joining = (invitation: Invitation, clock: Clock = systemClock): Promise<string> =>
  requestJoin(invitation, key, clock).then(
    () => "joined",
    (error: unknown) => (error instanceof Error && "code" in error ? `${String(error.code)}: ${error.message}` : "?"),
  );

test("joining: accepted, refused with the coordinator's code, or explained", async () => {
  const good = await fake({ joined: { ok: true, value: { site: "here", time: 1 } } });
  assert.equal(await joining(invitationTo(good.port)), "joined");
  const used = await fake({ joined: { ok: false, rejection: { code: "INVITATION_USED" } } });
  assert.match(await joining(invitationTo(used.port)), /^INVITATION_USED: .*has been used/);
  const newer = await fake({ joined: { ok: false, rejection: { code: "PROTOCOL_VERSION", expected: 2 } } });
  assert.match(await joining(invitationTo(newer.port)), /^COORDINATOR_PROTOCOL: .*version 2/);
  const strange = await fake({ joined: { hello: "world" } });
  assert.match(await joining(invitationTo(strange.port)), /^COORDINATOR_FOREIGN/);
  const mistaken = await fake({ joined: { ok: true, value: { site: "there", time: 1 } } });
  assert.match(await joining(invitationTo(mistaken.port)), /^COORDINATOR_ANSWER/);
  const shown = { mode: "pinned", fingerprint: other.fingerprint, certificate: other.cert } as const;
  assert.match(await joining(invitationTo(good.port, { tls: shown })), /^COORDINATOR_CERTIFICATE/);
  assert.match(await joining(invitationTo(1)), /^COORDINATOR_REFUSED/);
});

test("joining with a clock ten minutes off names both times, from the answer or from the Date header", async () => {
  const there = Date.parse("2026-01-02T03:04:05Z");
  const clock: Clock = { now: () => there - 600_000, after: (ms, callback) => systemClock.after(ms, callback) };
  const expires = "2026-01-03T00:00:00Z";
  const told = await fake({ joined: { ok: false, rejection: { code: "CLOCK_SKEW", expected: there } } });
  assert.match(await joining(invitationTo(told.port, { expires }), clock), /^CLOCK_OFF: .*T02:54:05.*10 min behind/);
  const silent = await fake({
    joined: { ok: false, rejection: { code: "CLOCK_SKEW" } },
    date: new Date(there).toUTCString(),
  });
  assert.match(await joining(invitationTo(silent.port, { expires }), clock), /^CLOCK_OFF: .*T02:54:05.*10 min behind/);
});
