import assert from "node:assert/strict";
import { readFileSync, writeFileSync } from "node:fs";
import { once } from "node:events";
import { connect as connectPlain, createServer as createPlain } from "node:net";
import type { AddressInfo, Socket } from "node:net";
import { join } from "node:path";
import { createServer as createTls } from "node:tls";
import test from "node:test";
import { isFedaceError, silentLogger, systemClock } from "@fedace/ace-core/foundation";
import { createCertificate, loadCertificate } from "../identity/index.js";
import { requireRun } from "../records/index.js";
import { dataFolder, openSqlite } from "../store/index.js";
import { runCommand, temporaryFolder, TestCoordinator } from "../testing/coordinator.js";
import { federation, greet } from "../testing/federation.js";
import { CoordinatorProcess } from "../testing/process.js";
import { ask, connectWith, TestSite } from "../testing/site.js";
import { manifest } from "../testing/worker.js";
import { coordinatorUrl } from "./address.js";
import { createCoordinator } from "./index.js";

test("sites come in through a proxy that ends TLS, and their trust store decides on its certificate", async (t) => {
  const coordinator = await TestCoordinator.create(t);
  const server = createCoordinator(
    { clock: systemClock, logger: silentLogger },
    { data: coordinator.data, port: 0, tls: { mode: "behind-proxy" } },
  );
  await server.start();
  t.after(() => server.stop());
  const { port, fingerprint } = server.address();
  assert.equal(fingerprint, undefined);
  const folder = temporaryFolder(t);
  await createCertificate(folder, "localhost", systemClock.now());
  const { certificate, key } = loadCertificate(folder);
  const open = new Set<Socket>();
  const proxy = createTls({ cert: certificate, key }, (outer) => {
    const inner = connectPlain(port, "127.0.0.1");
    for (const socket of [outer, inner]) open.add(socket.on("error", () => undefined));
    outer.pipe(inner).pipe(outer);
  }).listen(0);
  t.after(() => {
    proxy.close();
    for (const socket of open) socket.destroy();
  });
  const invitation = await coordinator.invite("north");
  assert.deepEqual(invitation.tls, { mode: "system" });
  const url = `https://localhost:${(proxy.address() as AddressInfo).port}`;
  // Stands in for the machine's trust store.
  const trusting = { ...invitation, url, tls: { mode: "pinned", certificate, fingerprint: "0".repeat(64) } } as const;
  const site = await TestSite.create(trusting);
  assert.equal((await site.join(systemClock.now())).ok, true);
  const { socket } = await greet(coordinator, site, manifest("tissue"));
  socket.disconnect();
});

test("a self-signed certificate given to serve is the one that invitations pin", async (t) => {
  const coordinator = await TestCoordinator.create(t);
  const folder = temporaryFolder(t);
  await createCertificate(folder, "localhost", systemClock.now());
  const files = ["--tls-cert", join(folder, "certificate.pem"), "--tls-key", join(folder, "key.pem")];
  await CoordinatorProcess.start(t, coordinator.data, "--port", "0", ...files);
  const invitation = await coordinator.invite("north");
  const pinned = readFileSync(join(folder, "certificate.pem"), "utf8");
  assert.equal(invitation.tls.mode === "pinned" && invitation.tls.certificate, pinned);
  assert.equal((await (await TestSite.create(invitation)).join(systemClock.now())).ok, true);
});

test("a certificate and a key that do not belong together are refused", async (t) => {
  const coordinator = await TestCoordinator.create(t);
  const [one, two] = [temporaryFolder(t), temporaryFolder(t)];
  await createCertificate(one, "localhost", systemClock.now());
  await createCertificate(two, "localhost", systemClock.now());
  const files = ["--tls-cert", join(one, "certificate.pem"), "--tls-key", join(two, "key.pem")];
  assert.match((await coordinator.run("serve", "--port", "0", ...files)).err, /TLS_FILES_INVALID/);
});

test("plain HTTP serves on loopback", async (t) => {
  const data = join(temporaryFolder(t), "data");
  assert.equal((await runCommand(["init", "--data", data, "--url", "http://127.0.0.1:8080"])).code, 0);
  const server = await CoordinatorProcess.start(t, data, "--port", "0");
  assert.match(server.url, /^http:\/\/127\.0\.0\.1:\d+$/);
  assert.equal((await fetch(`${server.url}/healthz`)).status, 200);
});

test("the certificate is valid for the host of the URL, for IP addresses too", async (t) => {
  for (const host of ["fedace.example.org", "192.0.2.7", "2001:db8::7"]) {
    const folder = temporaryFolder(t);
    await createCertificate(folder, host, systemClock.now());
    const { X509Certificate } = await import("node:crypto");
    const certificate = new X509Certificate(loadCertificate(folder).certificate);
    const matches = host.includes("example") ? certificate.checkHost(host) : certificate.checkIP(host);
    assert.equal(matches, host);
    assert.equal(certificate.checkIssued(certificate), true);
    assert.ok(new Date(certificate.validTo).getUTCFullYear() - new Date(certificate.validFrom).getUTCFullYear() >= 9);
  }
});

test("URLs are taken apart, with the usual ports", () => {
  assert.deepEqual(coordinatorUrl("https://fedace.example.org/"), {
    url: "https://fedace.example.org",
    secure: true,
    host: "fedace.example.org",
    port: 443,
    prefix: "",
    loopback: false,
  });
  assert.equal(coordinatorUrl("https://[2001:db8::7]:8443").host, "2001:db8::7");
  assert.equal(coordinatorUrl("http://[::1]:80").loopback, true);
  assert.equal(coordinatorUrl("https://host:8443/fedace").url, "https://host:8443/fedace");
});

test("a server that is stopped lets go of its folder and its port, and can be stopped twice", async (t) => {
  const coordinator = await TestCoordinator.create(t);
  const first = await coordinator.start();
  const site = await coordinator.site("north");
  const { socket } = await greet(coordinator, site, manifest("tissue"));
  const { port } = first.address();
  await first.stop();
  await first.stop();
  socket.disconnect();
  const second = createCoordinator({ clock: systemClock, logger: silentLogger }, { data: coordinator.data, port });
  await second.start();
  const { sites } = (await coordinator.run("site", "list")).json() as { sites: { state: string }[] };
  assert.deepEqual(
    sites.map(({ state }) => state),
    ["joined"],
    "nobody is connected after a restart",
  );
  const again = await connectWith(site.invitation, { protocol: 1, token: await site.token(systemClock.now()) });
  assert.equal((await ask(again, "manifest", manifest("tissue"))).ok, true);
  again.disconnect();
  await second.stop();
});

test("a server takes up its runs before it listens: whoever comes in first finds the round as it was", async (t) => {
  const coordinator = await TestCoordinator.create(t);
  await coordinator.start();
  const { run, tissue, lesion, assignments } = await federation(coordinator);
  const { deadline } = assignments.tissue;
  tissue.socket.disconnect();
  lesion.socket.disconnect();
  await coordinator.stop();
  coordinator.clock.shiftMs = 2 * 3_600_000;
  const occupied = createPlain().listen(0);
  await once(occupied, "listening");
  t.after(() => occupied.close());
  const { port } = occupied.address() as AddressInfo;
  const server = createCoordinator(
    { clock: coordinator.clock, logger: silentLogger },
    { data: coordinator.data, port },
  );
  await assert.rejects(server.start(), (error) => isFedaceError(error, "PORT_IN_USE"));
  const database = openSqlite(dataFolder(coordinator.data).database);
  const { stage } = (await requireRun(database, run)).state;
  await database.close();
  assert.ok(stage.kind === "collecting" && stage.deadline > deadline, "the deadline that has passed is prolonged");
});

test("a folder whose key is damaged is named, not served", async (t) => {
  const coordinator = await TestCoordinator.create(t);
  writeFileSync(join(coordinator.data, "keys", "signing.json"), "{}");
  assert.match((await coordinator.run("serve", "--port", "0")).err, /DATA_FOLDER_DAMAGED/);
});

test("the server says what happens, whoever makes it happen, and warns of what an operator has to look at", async (t) => {
  const coordinator = await TestCoordinator.create(t);
  const lines: string[] = [];
  let wake = (): void => undefined;
  const note =
    (level: string) =>
    (message: string): void => {
      lines.push(`${level} ${message}`);
      wake();
    };
  const logger = { debug: note("debug"), info: note("info"), warn: note("warn"), error: note("error") };
  await coordinator.run("site", "invite", "before", "--out", coordinator.path("before.json"));
  const server = createCoordinator({ clock: systemClock, logger }, { data: coordinator.data, port: 0 });
  await server.start();
  t.after(() => server.stop());
  await coordinator.run("site", "invite", "north", "--out", coordinator.path("north.json"));
  await coordinator.run("site", "revoke", "north");
  while (!lines.some((line) => line.includes("site.revoked"))) {
    await new Promise<void>((resolve) => {
      wake = resolve;
    });
  }
  assert.equal(lines.length, 2);
  assert.match(lines[0] ?? "", /^info site\.invited site=north expires=/);
  assert.equal(lines[1], "warn site.revoked site=north");
});
