import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { compiled, onSmallDisk } from "./small-disk.js";

interface Story {
  /** Whether files are limited here and not the disk. */
  readonly limited: boolean;
  readonly invited: readonly string[];
  readonly refused: { readonly code: number; readonly error: string; readonly next: string };
  readonly leftBehind: boolean;
  readonly known: readonly string[];
  readonly again: number;
  readonly audit: number;
}

/**
 * The invitation's file goes to another disk, so that it is the database that finds no room. Something else that reads
 * keeps the write-ahead log from being begun anew: where files are limited and not the disk, it grows to the limit.
 */
const story = (folder: string, outside: string): string => `
  import { closeSync, existsSync, openSync, rmSync, statSync, writeSync } from "node:fs";
  import Libsql from "libsql";
  import { main } from ${compiled("packages/coordinator/dist/index.js")};
  const run = async (...argv) => {
    let out = "", err = "";
    const terminal = { out: (text) => { out += text; }, err: (text) => { err += text; }, screen: { out: false, err: false },
      env: {}, interrupted: new AbortController().signal };
    const code = await main([...argv, "--data", ${JSON.stringify(join(folder, "data"))}, "--json"], terminal);
    return { code, ...JSON.parse(out || err) };
  };
  const file = (name) => ${JSON.stringify(outside)} + "/" + name + ".json";
  const invite = (name) => run("site", "invite", name, "--out", file(name));
  process.chdir(${JSON.stringify(folder)});
  await run("init", "--url", "https://localhost:8443");
  const reader = new Libsql("data/coordinator.db");
  reader.exec("BEGIN");
  reader.prepare("SELECT COUNT(*) FROM sites").get();
  const ballast = openSync("ballast", "a");
  for (const bytes of [4096, 1]) try { for (;;) writeSync(ballast, Buffer.alloc(bytes)); } catch { continue; }
  closeSync(ballast);
  const limited = statSync("ballast").size === 2 ** 20;
  const invited = [];
  let refused;
  for (let i = 0; refused === undefined; i++) {
    const answer = await invite("site-" + i);
    if (answer.code === 0) invited.push(answer.site); else refused = answer;
  }
  const name = "site-" + invited.length;
  const leftBehind = existsSync(file(name));
  rmSync("ballast");
  reader.exec("COMMIT");
  reader.pragma("wal_checkpoint(TRUNCATE)");
  reader.close();
  const known = (await run("site", "list")).sites.map(({ site }) => site);
  const again = (await invite(name)).code;
  const audit = (await run("audit", "verify")).code;
  console.log(JSON.stringify({ limited, invited, refused, leftBehind, known, again, audit }));
  process.exit();`;

test("an invitation that the database has no room for is refused by name and leaves nothing; with room it is made", (t) => {
  const [folder, outside] = [0, 1].map(() => mkdtempSync(join(tmpdir(), "fedace-"))) as [string, string];
  t.after(() => {
    for (const path of [folder, outside]) rmSync(path, { recursive: true, force: true });
  });
  const out = onSmallDisk(folder, "packages/coordinator", story(folder, outside));
  const { limited, invited, refused, leftBehind, known, again, audit } = JSON.parse(out.trim()) as Story;
  assert.equal(refused.error, limited ? "DATA_FOLDER_NOT_WRITABLE" : "DISK_FULL");
  assert.notEqual(refused.next, "");
  assert.equal(leftBehind, false);
  assert.deepEqual([...known].sort(), [...invited].sort());
  assert.deepEqual([again, audit], [0, 0]);
});
