import assert from "node:assert/strict";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { once } from "node:events";
import { createServer as createHttpServer } from "node:http";
import { connect, createServer } from "node:net";
import type { AddressInfo, Socket } from "node:net";
import { join } from "node:path";
import { test } from "node:test";
import { systemClock } from "@fedace/ace-core/foundation";
import { LIMITS } from "@fedace/ace-core/protocol";
import { CuttingProxy } from "./cutting-proxy.js";
import { errorOf, House, shifted } from "./house.js";

const TEN_MINUTES_MS = 600_000;
/** Long enough that the coordinator is gone before it is over. */
const LONG = { patch: [8, 8, 8] as [number, number, number], batch: 1, steps: 300 };

test("joining fails with a code of its own for each reason, and leaves no site behind", async (t) => {
  const house = await House.open(t);
  const invitation = await house.invite("first");
  assert.equal((await house.join(invitation, "first")).code, 0);
  assert.equal(errorOf(await house.join(invitation, "first")), "SITE_ALREADY_JOINED");
  assert.equal(errorOf(await house.join(invitation, "second")), "INVITATION_USED");

  const unknown = await house.invite("third", (same) => ({ ...same, secret: "x".repeat(43) }));
  assert.equal(errorOf(await house.join(unknown, "third")), "INVITATION_UNKNOWN");
  const late = await house.invite("third", (same) => ({ ...same, expires: "2020-01-01T00:00:00Z" }));
  assert.equal(errorOf(await house.join(late, "third")), "INVITATION_LAPSED");

  const pinned = await house.invite("third", (same) => ({
    ...same,
    tls: { ...same.tls, fingerprint: "0".repeat(64) },
  }));
  const other = await house.join(pinned, "third");
  assert.equal(errorOf(other), "COORDINATOR_CERTIFICATE");
  assert.match(other.err, /127\.0\.0\.1 port \d+ shows the certificate [0-9a-f]{64}, the invitation pins 0{64}/);

  const free = createServer().listen(0, "127.0.0.1");
  await new Promise((resolve) => free.once("listening", resolve));
  const { port } = free.address() as AddressInfo;
  await new Promise((resolve) => free.close(resolve));
  const nobody = await house.invite("third", (same) => ({ ...same, url: `https://127.0.0.1:${port}` }));
  assert.equal(errorOf(await house.join(nobody, "third")), "COORDINATOR_REFUSED");

  const good = await house.invite("third");
  const ahead = await house.join(good, "third", shifted(TEN_MINUTES_MS));
  assert.equal(errorOf(ahead), "CLOCK_OFF");
  assert.match(ahead.err, /this machine is 10 min( 1 s)? ahead/);
  assert.equal(errorOf(await house.join(good, "third", shifted(-TEN_MINUTES_MS))), "CLOCK_OFF");
  assert.equal((await house.join(good, "third")).code, 0, "the invitation is still good");
});

test("a site takes part, and what left it is in its ledger with the update's checksum", async (t) => {
  const house = await House.open(t);
  const broken = join(house.archive, "sub-MuellerAnna", "anat");
  mkdirSync(broken, { recursive: true });
  writeFileSync(join(broken, "sub-MuellerAnna_T1w.nii.gz"), "no image");
  await house.joined("alone");
  const { site, console } = house.site("alone");
  await site.start();
  await console.until(/^1 case cannot be used; `fedace-site check` says why/);
  await console.until(/^connected/);
  await house.run({ rounds: 2 });
  await console.until(/^round 2 of 2: uploaded .* and counted/);
  await console.until(/^final score: scored/);
  await site.stop();
  assert.doesNotMatch(console.lines.join("\n"), /Mueller|sub-/, "consoles are kept and passed on");
  const lines = readFileSync(join(house.data("alone"), "receipts.jsonl"), "utf8")
    .trimEnd()
    .split("\n");
  const entries = lines.map((line) => JSON.parse(line) as { kind: string; what: Record<string, unknown> });
  assert.deepEqual(
    entries.map(({ kind }) => kind),
    ["manifest", "update", "counted", "update", "counted", "evaluation"],
  );
  const shown = await house.coordinator("audit", "list", "--json");
  assert.ok(shown.out.includes(String(entries[1]?.what["sha256"])), "the coordinator's audit names the same bytes");
});

test("the cable is pulled in mid-upload: the site resumes from the bytes that arrived, and the round completes", async (t) => {
  const house = await House.open(t);
  const proxy = new CuttingProxy(() => house.port);
  t.after(() => proxy.close());
  await house.joined("alone", await proxy.listen());
  const { site, console } = house.site("alone");
  await site.start();
  await console.until(/^connected/);
  proxy.cutAfter(2.5 * LIMITS.chunkBytes);
  await house.run({ model: { filters: 32, levels: 3 }, training: { patch: [8, 8, 8], batch: 1, steps: 1 } });
  await console.until(/^connected/, 2);
  await console.until(/^round 1 of 1: uploaded .* and counted/);
  assert.equal(proxy.cuts, 1);
  assert.equal(console.count(/trained 1 steps/), 1, "nothing was trained again");
  const update = JSON.parse(
    readFileSync(join(house.data("alone"), "receipts.jsonl"), "utf8")
      .split("\n")
      .find((line) => line.includes('"update"')) ?? "",
  ) as { what: { bytes: number } };
  const { bytes } = update.what;
  assert.ok(bytes > 4 * LIMITS.chunkBytes, `${bytes} bytes`);
  assert.ok(proxy.sent < bytes - LIMITS.chunkBytes, `${proxy.sent} bytes after the cut, of ${bytes}`);
});

test("the coordinator restarts while a site trains: the update is delivered to the new process", async (t) => {
  const house = await House.open(t);
  await house.joined("alone");
  const { site, console } = house.site("alone");
  await site.start();
  await console.until(/^connected/);
  await house.run({ training: LONG });
  await console.until(/^round 1 of 1: training/);
  await house.stop();
  await console.until(/^round 1 of 1: trained/);
  await house.start();
  await console.until(/^round 1 of 1: uploaded .* and counted/);
  await console.until(/^final score: scored/);
  assert.equal(console.count(/^round 1 of 1: trained/), 1);
});

test("a site restarts with a finished update: it is delivered without training again", async (t) => {
  const house = await House.open(t);
  await house.joined("alone");
  const first = house.site("alone");
  await first.site.start();
  await first.console.until(/^connected/);
  await house.run({ training: LONG });
  await first.console.until(/^round 1 of 1: training/);
  await house.stop();
  await first.console.until(/^round 1 of 1: trained/);
  await first.site.stop();
  const second = house.site("alone");
  await second.site.start();
  await second.console.until(/^round 1 of 1: a finished update from before the restart/);
  await house.start();
  await second.console.until(/^round 1 of 1: uploaded .* and counted/);
  assert.equal(second.console.count(/^round 1 of 1: trained/), 0);
});

test("a site restarts in mid-training: it says that it starts the round over, and the round counts", async (t) => {
  const house = await House.open(t);
  await house.joined("alone");
  const first = house.site("alone");
  await first.site.start();
  await first.console.until(/^connected/);
  await house.run({ training: { ...LONG, steps: 2000 } });
  await first.console.until(/^round 1 of 1: training/);
  await first.site.stop();
  assert.equal(first.console.count(/^round 1 of 1: trained/), 0);
  const second = house.site("alone");
  await second.site.start();
  await second.console.until(/^round 1 of 1: begun before a restart, starting it over/);
  await second.console.until(/^round 1 of 1: uploaded .* and counted/);
});

test("a revoked site is told so and ends; another key is refused; a clock ten minutes off is named", async (t) => {
  const house = await House.open(t);
  for (const name of ["revoked", "forged", "late"]) await house.joined(name);
  const revoked = house.site("revoked");
  await revoked.site.start();
  await revoked.console.until(/^connected/);
  await house.coordinator("site", "revoke", "revoked");
  assert.equal((await revoked.site.done)?.code, "SITE_REVOKED");

  const registration = (name: string): string => join(house.data(name), "site.json");
  const read = (name: string): Record<string, unknown> =>
    JSON.parse(readFileSync(registration(name), "utf8")) as Record<string, unknown>;
  // The forger has a data folder and keys of its own, and claims to be another site.
  writeFileSync(registration("forged"), JSON.stringify({ ...read("forged"), site: "late" }));
  const forged = house.site("forged");
  await forged.site.start();
  assert.equal((await forged.site.done)?.code, "TOKEN_SIGNATURE");

  const late = house.site("late", shifted(-TEN_MINUTES_MS));
  await late.site.start();
  const error = await late.site.done;
  assert.equal(error?.code, "CLOCK_OFF");
  assert.match(error.message, /10 min( \d s)? behind|9 min 59 s behind/);
});

test("a site joins and takes part through an HTTP proxy, where only the proxy knows the coordinator's name", async (t) => {
  const house = await House.open(t);
  const asked = new Set<string>();
  const proxy = createHttpServer().on("connect", (request, client: Socket) => {
    asked.add(request.url ?? "");
    const upstream = connect(house.port, "127.0.0.1", () => {
      client.write("HTTP/1.1 200 Connection established\r\n\r\n");
      client.pipe(upstream).pipe(client);
    });
    for (const socket of [client, upstream]) socket.on("error", () => client.destroy());
  });
  proxy.listen(0, "127.0.0.1");
  await once(proxy, "listening");
  t.after(() => proxy.close());
  const url = `http://127.0.0.1:${(proxy.address() as AddressInfo).port}`;
  const far = await house.invite("far", (same) => ({ ...same, url: "https://coordinator.invalid:8443" }));
  assert.equal(errorOf(await house.join(far, "far")), "COORDINATOR_NOT_FOUND");
  const joined = await house.join(far, "far", systemClock, { HTTPS_PROXY: url });
  assert.equal(joined.code, 0, joined.err);
  const { site, console } = house.site("far", systemClock, url);
  await site.start();
  await console.until(/^connected to coordinator.invalid/);
  await house.run();
  await console.until(/^round 1 of 1: uploaded .* and counted/);
  await site.stop();
  assert.deepEqual([...asked], ["coordinator.invalid:8443"]);
});

test("a plan too large for the site is declined, and the run says so", async (t) => {
  const house = await House.open(t);
  await house.joined("alone");
  const { site, console } = house.site("alone");
  await site.start();
  await console.until(/^connected/);
  const run = await house.run({ training: { patch: [256, 256, 256], batch: 64, steps: 1 } });
  await console.until(/A training step of this plan takes about \d+ MiB, and the wasm engine can have \d+ MiB/);
  await console.until(/^round 1 of 1: declined with PLAN_MEMORY/);
  const shown = await house.coordinator("run", "show", run);
  assert.match(shown.out, /PLAN_MEMORY/, shown.out);
  await site.stop();
});

test("a site whose ledger was changed sends nothing more: it stops, and does not start again with it", async (t) => {
  const house = await House.open(t);
  await house.joined("alone");
  const { site, console } = house.site("alone");
  await site.start();
  await console.until(/^waiting for the next round/);
  const receipts = join(house.data("alone"), "receipts.jsonl");
  const text = readFileSync(receipts, "utf8");
  writeFileSync(receipts, text.replace('"cases":3', '"cases":4'));
  const run = await house.run();
  assert.equal((await site.done)?.code, "LEDGER_BROKEN");
  await site.stop();
  const shown = JSON.parse((await house.coordinator("run", "show", run, "--json")).out) as { history: object[] };
  assert.match(JSON.stringify(shown.history), /"bytesUp":0/, "no update came");
  const again = house.site("alone");
  await assert.rejects(again.site.start(), { code: "LEDGER_BROKEN" });
  assert.equal(again.console.count(/^engine /), 0, "it is checked before anything else is done");
});

test("two processes cannot share a data folder, and a folder that holds no site is left as it is", async (t) => {
  const house = await House.open(t);
  await house.joined("alone");
  const { site } = house.site("alone");
  await site.start();
  await assert.rejects(house.site("alone").site.start(), { code: "DATA_FOLDER_IN_USE" });
  await site.stop();
  await house.site("alone").site.start();
  await assert.rejects(house.site("nobody").site.start(), { code: "SITE_NOT_JOINED" });
});
