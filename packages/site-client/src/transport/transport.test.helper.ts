import { webcrypto, X509Certificate } from "node:crypto";
import { once } from "node:events";
import { mkdtempSync } from "node:fs";
import type { createServer as createPlain } from "node:http";
import { createServer as createSecure } from "node:https";
import type { Server as HttpsServer } from "node:https";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before } from "node:test";
import { seededRandom, silentLogger, systemClock } from "@fedace/ace-core/foundation";
import type { Clock } from "@fedace/ace-core/foundation";
import type { Invitation, Rejection } from "@fedace/ace-core/protocol";
import { Server } from "socket.io";
import type { SigningKey } from "@fedace/ace-core/host";
import { checkAddress, createSiteKey, openDataFolder } from "../identity/index.js";
import { Connection } from "./connection.js";
import type { Incoming } from "./connection.js";
import { Places } from "./places.js";

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

export let ours: Certificate;
export let other: Certificate;
export let key: SigningKey;
before(async () => {
  ours = await certificate("ours.example");
  other = await certificate("other.example");
  key = await createSiteKey(openDataFolder(mkdtempSync(join(tmpdir(), "fedace-"))));
});
const closing: (() => void)[] = [];
after(() => {
  for (const close of closing) close();
});

export async function listening(server: HttpsServer | ReturnType<typeof createPlain>): Promise<number> {
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  closing.push(() => {
    server.closeAllConnections();
    server.close();
  });
  return (server.address() as AddressInfo).port;
}

/** A coordinator that refuses or accepts handshakes as `refuse` says, and answers joins with `joined`. */
export async function fake(
  options: { refuse?: () => Rejection | undefined; joined?: unknown; date?: string } = {},
): Promise<{
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

export function invitationTo(port: number, changes: Partial<Invitation> = {}): Invitation {
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
export function connecting(port: number, init: { tls?: Invitation["tls"]; host?: string; clock?: Clock } = {}) {
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
      places: new Places({
        address: checkAddress(`https://${init.host ?? "127.0.0.1"}:${port}`),
        trust: init.tls ?? { mode: "pinned", fingerprint: ours.fingerprint, certificate: ours.cert },
      }),
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
