import assert from "node:assert/strict";
import { mkdtempSync, readFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { seededRandom, silentLogger, systemClock } from "@fedace/ace-core/foundation";
import type { RejectCode } from "@fedace/ace-core/protocol";
import { createSiteKey, openDataFolder } from "./identity/index.js";
import { tellLeaving } from "./leave.js";
import { fake, invitationTo } from "./transport/transport.test.helper.js";

/** Says goodbye to a coordinator that answers `answer` to every message. */
async function leaving(answer: object | undefined, refusal?: RejectCode) {
  const asked: unknown[] = [];
  const { port, io } = await fake({ refuse: () => (refusal === undefined ? undefined : { code: refusal }) });
  io.on("connection", (socket) => {
    socket.onAny((event: string, payload: unknown, acknowledge: (answer: object) => void) => {
      asked.push([event, payload]);
      if (answer === undefined) socket.disconnect(true);
      else acknowledge(answer);
    });
  });
  const paths = openDataFolder(mkdtempSync(join(tmpdir(), "fedace-")));
  const key = await createSiteKey(paths);
  const { url, coordinator, tls, site } = invitationTo(port);
  const format = { format: "fedace-site", version: 1, joined: "2026-01-02T03:04:05Z" } as const;
  const registration = { ...format, site, key: key.publicKey, url, coordinator, tls };
  const parts = { clock: systemClock, random: seededRandom(1), logger: silentLogger };
  return { asked, paths, told: tellLeaving(parts, { paths, registration }) };
}

test("a coordinator is told on a connection of the site's own, and the ledger has it", async () => {
  const { asked, paths, told } = await leaving({ ok: true, value: {} });
  assert.equal(await told, true);
  assert.deepEqual(asked, [["leave", {}]]);
  assert.match(readFileSync(paths.receipts, "utf8"), /"kind":"leave"/);
});

test("an older coordinator does not know the message: the administrator is told what to do", async () => {
  const { told } = await leaving({ ok: false, rejection: { code: "MESSAGE_MALFORMED" } });
  await assert.rejects(told, (error: Error & { code?: string; remedy?: string }) => {
    assert.equal(error.code, "LEAVE_UNKNOWN");
    assert.match(error.remedy ?? "", /operator for `fedace-coordinator site revoke here`.*--offline --forget/);
    return true;
  });
});

test("whoever is not taken any more need not say so; another refusal, and a line that breaks, are errors", async () => {
  for (const code of ["SITE_REVOKED", "SITE_UNKNOWN"] as const)
    assert.equal(await (await leaving({}, code)).told, false, code);
  await assert.rejects((await leaving({}, "TOKEN_SIGNATURE")).told, { code: "TOKEN_SIGNATURE" });
  await assert.rejects((await leaving({}, "COORDINATOR_BUSY")).told, { code: "COORDINATOR_BUSY" });
  await assert.rejects((await leaving(undefined)).told, { code: "CONNECTION_LOST" });
});
