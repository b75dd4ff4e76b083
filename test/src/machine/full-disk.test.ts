import assert from "node:assert/strict";
import { mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { compiled, FULL, onSmallDisk } from "./small-disk.js";

/** Every test writes to a disk of a mebibyte that is really full, as root and as anybody else. */
const freshFolder = (): string => mkdtempSync(join(tmpdir(), "fedace-"));

/** Fills the disk to the last byte; where files are limited instead, this file alone ends at the limit. */
const FILL = `
  import { closeSync, openSync, readdirSync, readFileSync, rmSync, statSync, writeSync } from "node:fs";
  const fill = (path, chunk) => {
    const file = openSync(path, "a");
    try { for (;;) writeSync(file, Buffer.alloc(chunk)); } catch (error) { return error.code; } finally { closeSync(file); }
  };`;

const parsed = (out: string): Record<string, unknown> =>
  JSON.parse(out.trim().split("\n").at(-1) ?? "") as Record<string, unknown>;

test("a durable file that the disk has no room for leaves what was there, whole, and no draft beside it", () => {
  const folder = freshFolder();
  const out = onSmallDisk(
    folder,
    "packages/ace-core",
    `${FILL}
    import { writeDurably } from "@fedace/ace-core/host";
    process.chdir(${JSON.stringify(folder)});
    await writeDurably("file", "before");
    const code = await writeDurably("file", Buffer.alloc(2 * 2 ** 20)).then(() => "written", (error) => error.code);
    const kept = readFileSync("file", "utf8");
    const names = readdirSync(".");
    await writeDurably("file", "after");
    console.log(JSON.stringify({ code, kept, names, then: readFileSync("file", "utf8") }));`,
  );
  const { code, ...rest } = parsed(out);
  assert.match(String(code), FULL);
  assert.deepEqual(rest, { kept: "before", names: ["file"], then: "after" });
});

test("an image that the disk has no room for is refused with the reason", () => {
  const folder = freshFolder();
  const out = onSmallDisk(
    folder,
    "packages/site-client",
    `${FILL}
    import { writeWhole } from ${compiled("packages/site-client/dist/archive/index.js")};
    process.chdir(${JSON.stringify(folder)});
    const error = await writeWhole("out.nii", Buffer.alloc(2 * 2 ** 20)).catch((error) => error);
    console.log(JSON.stringify({ code: error.code, message: error.message, names: readdirSync(".") }));`,
  );
  const { code, message, names } = parsed(out);
  assert.equal(code, "FILE_UNWRITABLE");
  assert.match(String(message), /the disk is full|larger than a file may be/);
  assert.deepEqual(names, []);
});

test("the spool takes up an upload where a full disk stopped it", () => {
  const folder = freshFolder();
  const out = onSmallDisk(
    folder,
    "packages/coordinator",
    `${FILL}
    import { createHash } from "node:crypto";
    import { Spool } from ${compiled("packages/coordinator/dist/spool/index.js")};
    process.chdir(${JSON.stringify(folder)});
    const spool = new Spool("spool");
    const id = { run: "r", round: 1, site: "s" };
    const whole = Buffer.from(Uint8Array.from({ length: 900_000 }, (_, i) => i * 7));
    const sha256 = createHash("sha256").update(whole).digest("hex");
    await spool.begin(id, sha256, whole.length, false);
    await spool.append(id, 0, whole.subarray(0, 300_000));
    fill("ballast", 4096);
    // Where files are limited and not the disk, the chunk itself is too large.
    const chunk = statSync("ballast").size === 2 ** 20 ? Buffer.alloc(2 * 2 ** 20) : whole.subarray(300_000);
    const code = await spool.append(id, 300_000, chunk).then(() => "written", (error) => error.code);
    rmSync("ballast");
    const there = await spool.begin(id, sha256, whole.length, true);
    await spool.append(id, there, whole.subarray(there));
    const sealed = await spool.seal(id, sha256, whole.length);
    const lost = await spool.lost("r", 1, [{ site: "s", sha256 }], new AbortController().signal);
    console.log(JSON.stringify({ code, sealed, lost: chunk.length > whole.length ? [] : lost }));`,
  );
  const { code, ...rest } = parsed(out);
  assert.match(String(code), FULL);
  assert.deepEqual(rest, { sealed: 900_000, lost: [] });
});

test("a receipt that the disk has no room for is not half there, and nothing may be sent; with room it goes on", () => {
  const folder = freshFolder();
  const out = onSmallDisk(
    folder,
    "packages/site-client",
    `${FILL}
    import { silentLogger, systemClock } from "@fedace/ace-core/foundation";
    import { createSiteKey, openDataFolder } from ${compiled("packages/site-client/dist/identity/index.js")};
    import { openLedger, verifyLedger } from ${compiled("packages/site-client/dist/ledger/index.js")};
    process.chdir(${JSON.stringify(folder)});
    const key = await createSiteKey(openDataFolder("data"));
    const ledger = await openLedger("ledger.jsonl", { key, keys: [key.publicKey], clock: systemClock, logger: silentLogger });
    await ledger.append("decline", { code: "A" });
    const before = readFileSync("ledger.jsonl", "utf8");
    fill("ballast", 1);
    const codes = [];
    for (const length of [1, 2 * 2 ** 20]) {
      const what = { code: "B".repeat(length) };
      codes.push(await ledger.append("decline", what).then(() => "written", (error) => error.code));
    }
    const kept = readFileSync("ledger.jsonl", "utf8");
    rmSync("ballast");
    await ledger.append("decline", { code: "C" });
    const lines = await verifyLedger(readFileSync("ledger.jsonl", "utf8"), [key.publicKey]);
    console.log(JSON.stringify({ last: codes.at(-1), begins: kept.startsWith(before), end: lines.at(-1).what }));`,
  );
  assert.deepEqual(parsed(out), { last: "SITE_DISK", begins: true, end: { code: "C" } });
});
