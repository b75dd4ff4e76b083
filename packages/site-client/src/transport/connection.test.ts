import assert from "node:assert/strict";
import { createHash, X509Certificate } from "node:crypto";
import { once } from "node:events";
import { createServer as createPlain } from "node:http";
import { createServer as createSecure } from "node:https";
import { createServer as createTcp } from "node:net";
import type { AddressInfo } from "node:net";
import { test } from "node:test";
import { systemClock } from "@fedace/ace-core/foundation";
import type { Clock } from "@fedace/ace-core/foundation";
import { PROTOCOL_VERSION } from "@fedace/ace-core/protocol";
import { ours, other, listening, fake, connecting } from "./transport.test.helper.js";

test("a connection is made with the pinned certificate under any host name, with version, token and clock", async () => {
  const { port, handshakes } = await fake();
  const { reached } = connecting(port, { host: "localhost" });
  await reached(/^connected/);
  const [handshake] = handshakes;
  assert.equal(handshake?.protocol, PROTOCOL_VERSION);
  assert.equal(handshake.token, "token-1");
});

test("every reconnect carries a fresh token", async () => {
  const { port, io, handshakes } = await fake();
  const { reached } = connecting(port);
  await reached(/^connected/);
  io.disconnectSockets(true);
  await reached(/^connected/, 2);
  io.disconnectSockets(true);
  await reached(/^connected/, 3);
  assert.deepEqual(
    handshakes.map(({ token }) => token),
    ["token-1", "token-2", "token-3"],
  );
});

test("another certificate ends the first connection and names place and both fingerprints", async () => {
  const { port } = await fake();
  const tls = { mode: "pinned", fingerprint: other.fingerprint, certificate: other.cert } as const;
  const message = await connecting(port, { tls }).reached(/^ended/);
  assert.match(message, /COORDINATOR_CERTIFICATE/);
  for (const part of [other.fingerprint, ours.fingerprint, "127.0.0.1", String(port)])
    assert.ok(message.includes(part));
});

test("the right authority with another certificate's fingerprint is refused as well", async () => {
  const { port, handshakes } = await fake();
  const tls = { mode: "pinned", fingerprint: "0".repeat(64), certificate: ours.cert } as const;
  assert.match(await connecting(port, { tls }).reached(/^ended/), /COORDINATOR_CERTIFICATE/);
  assert.equal(handshakes.length, 0, "no token was shown to it");
});

test("a self-signed certificate does not pass where the machine's own authorities are asked", async () => {
  const { port, handshakes } = await fake();
  await connecting(port, { tls: { mode: "system" } }).reached(/^retrying COORDINATOR_TLS/);
  assert.equal(handshakes.length, 0);
});

test("refusals that are final end it, the others are tried again", async () => {
  for (const code of ["SITE_REVOKED", "TOKEN_SIGNATURE", "SITE_UNKNOWN", "TOKEN_AUDIENCE"] as const) {
    const { port } = await fake({ refuse: () => ({ code }) });
    assert.match(await connecting(port).reached(/^ended/), new RegExp(code));
  }
  let refusals = 0;
  const { port } = await fake({ refuse: () => ((refusals += 1) <= 3 ? { code: "COORDINATOR_BUSY" } : undefined) });
  const { reached, log } = connecting(port);
  await reached(/^connected/);
  for (const line of log.slice(0, 3)) assert.match(line, /^retrying COORDINATOR_BUSY/);
});

test("another protocol version ends it and names both versions", async () => {
  const { port } = await fake({ refuse: () => ({ code: "PROTOCOL_VERSION", expected: 9 }) });
  assert.match(await connecting(port).reached(/^ended/), /COORDINATOR_PROTOCOL.*version 1 .*version 9/);
});

test("a clock ten minutes off ends the first connection and says which is ahead by how much", async () => {
  const there = 1_700_000_000_000;
  const clock: Clock = { now: () => there + 600_000, after: (ms, callback) => systemClock.after(ms, callback) };
  const { port } = await fake({ refuse: () => ({ code: "CLOCK_SKEW", expected: there }) });
  const message = await connecting(port, { clock }).reached(/^ended/);
  assert.match(message, /CLOCK_OFF.*2023-11-14T22:23:20.*2023-11-14T22:13:20.*10 min ahead/);
});

test("goodbye tells why: a full disk, or another client with this site's key, and this one comes back", async () => {
  const { port, io } = await fake();
  const { reached } = connecting(port);
  await reached(/^connected/);
  io.emit("goodbye", { code: "COORDINATOR_BUSY" });
  io.disconnectSockets(true);
  await reached(/^retrying COORDINATOR_BUSY/);
  await reached(/^connected/, 2);
  io.emit("goodbye", { code: "SITE_CONNECTED_ELSEWHERE" });
  io.disconnectSockets(true);
  await reached(/^retrying SITE_CONNECTED_ELSEWHERE: .*another client/i);
  await reached(/^connected/, 3);
});

test("malformed and unknown messages are ignored", async () => {
  const { port, io } = await fake();
  const { reached, messages } = connecting(port);
  await reached(/^connected/);
  for (const payload of [
    undefined,
    7,
    {},
    { run: "r", round: 0, reason: "failed" },
    { run: "r", round: 1, reason: "x" },
  ])
    io.emit("round.closed", payload);
  io.emit("run.everything", { run: "r" });
  io.emit("round.closed", { run: "r", round: 1, reason: "failed" });
  await reached(/^round.closed/);
  assert.deepEqual(messages, [{ name: "round.closed", payload: { run: "r", round: 1, reason: "failed" } }]);
});

test("nobody there, not a coordinator and not TLS are told apart, and tried again", async () => {
  const plain = createPlain((_request, response) => response.writeHead(404).end());
  const web = createSecure({ cert: ours.cert, key: ours.key }, (_request, response) => response.writeHead(404).end());
  const tcp = createTcp();
  tcp.listen(0, "127.0.0.1");
  await once(tcp, "listening");
  const { port: nobody } = tcp.address() as AddressInfo;
  tcp.close();
  await once(tcp, "close");
  await connecting(nobody).reached(/^retrying COORDINATOR_REFUSED/);
  await connecting(await listening(web)).reached(/^retrying COORDINATOR_FOREIGN/);
  await connecting(await listening(plain)).reached(/^retrying COORDINATOR_TLS: .*does not speak TLS/);
  await connecting(1, { host: "no-such-host.invalid" }).reached(/^retrying COORDINATOR_NOT_FOUND/);
});

test("the fingerprint is the SHA-256 of the certificate's DER", () => {
  const der = new X509Certificate(ours.cert).raw;
  assert.equal(ours.fingerprint, createHash("sha256").update(der).digest("hex"));
});
