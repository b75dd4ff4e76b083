import assert from "node:assert/strict";
import { once } from "node:events";
import { readFileSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { test } from "node:test";
import { errorOf, House } from "./house.js";

/** A port that nobody listens on. */
async function freePort(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, "close");
  return port;
}

interface Kept {
  readonly url: string;
  readonly tls: { readonly fingerprint: string };
  readonly moved?: { readonly from?: unknown };
}

test("sites follow their coordinator to another port and another certificate by its signed notice, and by no other", async (t) => {
  const house = await House.open(t);
  for (const name of ["connected", "away", "other"]) await house.joined(name);
  const kept = (name: string): Kept => JSON.parse(readFileSync(join(house.data(name), "site.json"), "utf8")) as Kept;
  const before = kept("connected");
  const { site, console } = house.site("connected");
  await site.start();
  await console.until(/^connected to 127/);

  const port = await freePort();
  const url = `https://127.0.0.1:${port}`;
  const notice = join(house.dir, "moved.json");
  const moved = await house.coordinator("move", "--url", url, "--renew-certificate", "--out", notice);
  assert.equal(moved.code, 0, moved.err);
  assert.match(moved.out, new RegExp(`next start on the coordinator is at ${url}`));
  await console.until(/^the coordinator will be at 127\.0\.0\.1 port \d+; this site follows/);
  assert.equal(kept("connected").url, url);
  assert.ok(kept("connected").moved?.from !== undefined, "the old address is kept while nobody was met at the new one");

  // A restart at the old address, as after a crash: the site still finds it there.
  await house.stop();
  await house.start();
  await console.until(/^connected to 127/, 2);
  await house.stop();
  await house.start(port);
  await console.until(new RegExp(`^connected to 127\\.0\\.0\\.1 port ${port} `));
  await site.stop();
  const after = kept("connected");
  assert.equal(after.url, url);
  assert.notEqual(after.tls.fingerprint, before.tls.fingerprint);
  assert.equal(after.moved?.from, undefined, "the old address is forgotten");

  const lost = house.site("away");
  await lost.site.start();
  await lost.console.until(/cannot be reached|refused/i);
  await lost.site.stop();
  const followed = await house.command("away", "follow", notice);
  assert.equal(followed.code, 0, followed.err);
  const found = house.site("away");
  await found.site.start();
  await found.console.until(new RegExp(`^connected to 127\\.0\\.0\\.1 port ${port} `));
  await found.site.stop();
  assert.match((await house.command("away", "follow", notice)).out, /known already/);

  const stranger = await House.open(t);
  const forged = join(stranger.dir, "forged.json");
  await stranger.coordinator("move", "--url", "https://evil.example", "--out", forged);
  const unchanged = kept("other");
  assert.equal(errorOf(await house.command("other", "follow", forged)), "NOTICE_INVALID");
  writeFileSync(forged, "{}");
  assert.equal(errorOf(await house.command("other", "follow", forged)), "NOTICE_INVALID");
  assert.equal(errorOf(await house.command("other", "follow", join(house.dir, "none.json"))), "FILE_UNREADABLE");
  assert.deepEqual(kept("other"), unchanged);
  assert.match((await house.coordinator("audit", "list")).out, /coordinator\.moved .*https:/);
});
