import assert from "node:assert/strict";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { errorOf, House } from "./house.js";

test("a site leaves: its key is refused from then on, the operator sees it, and the record of what left stays", async (t) => {
  const house = await House.open(t);
  await house.joined("alone");
  await house.joined("other");
  const { site, console } = house.site("alone");
  await site.start();
  await console.until(/^connected/);
  assert.equal(errorOf(await house.command("alone", "leave")), "DATA_FOLDER_IN_USE", "while it serves");
  await site.stop();

  const left = await house.command("alone", "leave");
  assert.equal(left.code, 0, left.err);
  assert.match(left.out, /alone has left .*: its key is refused there from now on/);
  const { sites } = JSON.parse((await house.coordinator("site", "list", "--json")).out) as {
    sites: { site: string; state: string }[];
  };
  assert.deepEqual(
    sites.map((one) => [one.site, one.state]),
    [
      ["alone", "left"],
      ["other", "joined"],
    ],
  );
  const audit = (await house.coordinator("audit", "list")).out;
  assert.match(audit, /site\.left {2}.*alone/);

  const again = house.site("alone");
  await again.site.start();
  assert.equal((await again.site.done)?.code, "SITE_REVOKED", "the key is still here, and of no use");
  await again.site.stop();

  const data = house.data("alone");
  const [key = ""] = readdirSync(join(data, "keys"));
  assert.match(readFileSync(join(data, "keys", key), "utf8"), /"d":/, "a private key");
  assert.equal(errorOf(await house.command("alone", "leave", "--offline")), "COMMAND_USAGE");
  assert.equal((await house.command("alone", "compare", "--remove")).code, 0, "it makes the folder");
  const forgotten = await house.command("alone", "leave", "--forget");
  assert.match(forgotten.out, /does not take alone any more/);
  const [half = "", ...more] = readdirSync(join(data, "keys"));
  assert.deepEqual([half, more], [key.replace(/\.json$/, ".public.json"), []]);
  assert.doesNotMatch(readFileSync(join(data, "keys", half), "utf8"), /"d":/);
  for (const name of ["site.json", "work", "runs", "alone"]) assert.equal(existsSync(join(data, name)), false, name);
  const receipts = JSON.parse((await house.command("alone", "receipts", "--json")).out) as {
    verified: boolean;
    entries: { kind: string }[];
  };
  assert.equal(receipts.verified, true, "by the public half of the key");
  assert.deepEqual(
    receipts.entries.map(({ kind }) => kind),
    ["manifest", "leave"],
  );
  assert.equal(errorOf(await house.command("alone", "leave")), "SITE_NOT_JOINED");

  await t.test(
    "a coordinator that is gone need not be told, and one that has been left takes the site in again",
    async () => {
      const back = await house.join(await house.invite("alone"), "alone");
      assert.equal(back.code, 0, back.err);
      assert.equal((await house.command("alone", "receipts")).code, 0, "signed by the former key");
      await house.stop();
      assert.equal(errorOf(await house.command("other", "leave", "--forget")), "COORDINATOR_REFUSED");
      assert.equal(existsSync(join(house.data("other"), "site.json")), true, "nothing was changed");
      const offline = await house.command("other", "leave", "--offline", "--forget");
      assert.equal(offline.code, 0, offline.err);
      assert.equal(existsSync(join(house.data("other"), "site.json")), false);
    },
  );
});
