import assert from "node:assert/strict";
import { createHash, webcrypto, X509Certificate } from "node:crypto";
import { once } from "node:events";
import { mkdtempSync } from "node:fs";
import { createServer as createPlain } from "node:http";
import { createServer as createSecure } from "node:https";
import type { Server as HttpsServer } from "node:https";
import { createServer as createTcp } from "node:net";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { seededRandom, silentLogger, systemClock } from "@fedace/ace-core/foundation";
import type { Clock } from "@fedace/ace-core/foundation";
import { PROTOCOL_VERSION } from "@fedace/ace-core/protocol";
import type { Invitation, Rejection } from "@fedace/ace-core/protocol";
import { Server } from "socket.io";
import type { SigningKey } from "@fedace/ace-core/host";
import { checkAddress, createSiteKey, openDataFolder } from "../identity/index.js";
import { backoffMs, LONGEST_DELAY_MS } from "./backoff.js";
import { Connection } from "./connection.js";
import type { Incoming } from "./connection.js";
import { requestJoin } from "./join.js";

interface Certificate {
  readonly cert: string;
  readonly key: string;
  readonly fingerprint: string;
}

async function certificate(name: string): Promise<Certificate> {
  await import("reflect-metadata");
  const x509 = await import("@peculiar/x509");
  const algorithm = { name: "ECDSA", namedCurve: "P-256", hash: "SHA-256" };
  const keys = await webcrypto.subtle.generateKey(algorithm, true, ["sign", "verify"]);
  const made = await x509.X509CertificateGenerator.createSelfSigned(
    {
      name: `CN=${name}`,
      notBefore: new Date(Date.now() - 86_400_000),
      notAfter: new Date(Date.now() + 86_400_000),
      signingAlgorithm: algorithm,
      keys,
      extensions: [new x509.BasicConstraintsExtension(true, 0, true)],
    },
    webcrypto,
  );
  const cert = made.toString("pem");
  const secret = Buffer.from(await webcrypto.subtle.exportKey("pkcs8", keys.privateKey)).toString("base64");
  return {
    cert,
    key: `-----BEGIN PRIVATE KEY-----\n${secret}\n-----END PRIVATE KEY-----\n`,
    fingerprint: new X509Certificate(cert).fingerprint256.replaceAll(":", "").toLowerCase(),
  };
}

let ours: Certificate;
let other: Certificate;
let key: SigningKey;
before(async () => {
  ours = await certificate("ours.example");
  other = await certificate("other.example");
  key = await createSiteKey(openDataFolder(mkdtempSync(join(tmpdir(), "fedace-"))));
});
const closing: (() => void)[] = [];
after(() => {
  for (const close of closing) close();
});

async function listening(server: HttpsServer | ReturnType<typeof createPlain>): Promise<number> {
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  closing.push(() => {
    server.closeAllConnections();
    server.close();
  });
  return (server.address() as AddressInfo).port;
}

/** A coordinator that refuses or accepts handshakes as `refuse` says, and answers joins with `joined`. */
async function fake(options: { refuse?: () => Rejection | undefined; joined?: unknown; date?: string } = {}): Promise<{
  port: number;
  io: Server;
  handshakes: { protocol: number; token: string }[];
}> {
  const handshakes: { protocol: number; token: string }[] = [];
  const server = createSecure({ cert: ours.cert, key: ours.key }, (request, response) => {
    if (options.date !== undefined) response.setHeader("date", options.date);
    if (request.url === "/v1/join") response.end(JSON.stringify(options.joined));
  });
  const io = new Server(server);
  io.use((socket, next) => {
    handshakes.push(socket.handshake.auth as { protocol: number; token: string });
    const rejection = options.refuse?.();
    if (rejection === undefined) next();
    else next(Object.assign(new Error(rejection.code), { data: rejection }));
  });
  closing.push(() => void io.close());
  return { port: await listening(server), io, handshakes };
}

function invitationTo(port: number, changes: Partial<Invitation> = {}): Invitation {
  return {
    format: "fedace-invitation",
    version: 1,
    url: `https://127.0.0.1:${port}`,
    coordinator: { name: "c", key: key.publicKey },
    tls: { mode: "pinned", fingerprint: ours.fingerprint, certificate: ours.cert },
    site: "here",
    secret: "s".repeat(43),
    expires: new Date(Date.now() + 60_000).toISOString(),
    ...changes,
  };
}

/** Connects, and resolves with what happens first and so on, one entry each. */
function connecting(port: number, init: { tls?: Invitation["tls"]; host?: string; clock?: Clock } = {}) {
  const log: string[] = [];
  const messages: Incoming[] = [];
  let wake: () => void = () => undefined;
  const note = (entry: string): void => {
    log.push(entry);
    wake();
  };
  let tokens = 0;
  const quick: Clock = { now: () => systemClock.now(), after: (_ms, callback) => systemClock.after(1, callback) };
  const connection = new Connection(
    { clock: init.clock ?? quick, random: seededRandom(1), logger: silentLogger },
    {
      address: checkAddress(`https://${init.host ?? "127.0.0.1"}:${port}`),
      trust: init.tls ?? { mode: "pinned", fingerprint: ours.fingerprint, certificate: ours.cert },
      token: () => Promise.resolve(`token-${(tokens += 1)}`),
      events: {
        connected: () => {
          note("connected");
        },
        disconnected: () => {
          note("disconnected");
        },
        message: (message) => {
          messages.push(message);
          note(message.name);
        },
        retrying: (error) => {
          note(`retrying ${error.code}: ${error.message}`);
        },
        ended: (error) => {
          note(`ended ${error.code}: ${error.message}`);
        },
      },
    },
  );
  closing.push(() => {
    connection.stop();
  });
  connection.start();
  const reached = async (entry: RegExp, times = 1): Promise<string> => {
    for (;;) {
      const found = log.filter((line) => entry.test(line));
      if (found.length >= times) return found[times - 1] ?? "";
      await new Promise<void>((resolve) => {
        wake = resolve;
      });
    }
  };
  return { connection, log, messages, reached };
}

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

test("goodbye tells why: a second client of the same site ends this one, a full disk does not", async () => {
  const { port, io } = await fake();
  const { reached } = connecting(port);
  await reached(/^connected/);
  io.emit("goodbye", { code: "COORDINATOR_BUSY" });
  io.disconnectSockets(true);
  await reached(/^retrying COORDINATOR_BUSY/);
  await reached(/^connected/, 2);
  io.emit("goodbye", { code: "SITE_CONNECTED_ELSEWHERE" });
  io.disconnectSockets(true);
  await reached(/^ended SITE_CONNECTED_ELSEWHERE/);
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

test("delays double to a minute and keep half of it at random", () => {
  const delays = Array.from({ length: 12 }, (_, i) => backoffMs(i + 1, { uniform: () => 1 }));
  assert.deepEqual(delays.slice(0, 8), [500, 1000, 2000, 4000, 8000, 16000, 32000, LONGEST_DELAY_MS]);
  assert.equal(delays[11], LONGEST_DELAY_MS);
  assert.equal(backoffMs(2000, { uniform: () => 0 }), LONGEST_DELAY_MS / 2);
});

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

test("the fingerprint is the SHA-256 of the certificate's DER", () => {
  const der = new X509Certificate(ours.cert).raw;
  assert.equal(ours.fingerprint, createHash("sha256").update(der).digest("hex"));
});
