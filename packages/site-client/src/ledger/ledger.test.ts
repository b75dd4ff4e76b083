import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { appendFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { silentLogger, systemClock } from "@fedace/ace-core/foundation";
import { createSiteKey, openDataFolder } from "../identity/index.js";
import { entryHash } from "./entry.js";
import type { LedgerEntry } from "./entry.js";
import { openLedger } from "./ledger.js";
import { verifyLedger } from "./verify.js";

const root = mkdtempSync(join(tmpdir(), "fedace-"));
after(() => {
  rmSync(root, { recursive: true, force: true });
});
const paths = openDataFolder(root);
const key = await createSiteKey(paths);
const parts = {
  key,
  keys: [key.publicKey],
  clock: { ...systemClock, now: () => Date.parse("2026-01-02T03:04:05Z") },
  logger: silentLogger,
};

async function written(name: string): Promise<string> {
  const path = join(root, name);
  const ledger = await openLedger(path, parts);
  await Promise.all([
    ledger.append("manifest", { cases: 3 }),
    ledger.append("update", { run: "r", round: 1, sha256: "a".repeat(64) }),
    ledger.append("counted", { run: "r", round: 1 }),
  ]);
  return path;
}

test("entries are numbered, chained, signed, and read back after a restart", async () => {
  const path = await written("good.jsonl");
  const again = await openLedger(path, parts);
  assert.equal(again.last("update")?.seq, 2);
  assert.equal(
    again.last("update", (what) => what["round"] === 2),
    undefined,
  );
  await again.append("decline", { code: "PLAN_MEMORY" });
  const entries = await verifyLedger(readFileSync(path, "utf8"), [key.publicKey]);
  assert.deepEqual(
    entries.map(({ seq, kind, time }) => [seq, kind, time]),
    ["manifest", "update", "counted", "decline"].map((kind, i) => [i + 1, kind, "2026-01-02T03:04:05.000Z"]),
  );
});

test("the hash is SHA-256 of the entry's JSON, as sha256sum computes it", () => {
  const entry = {
    seq: 1,
    time: "2026-01-02T03:04:05.000Z",
    kind: "decline",
    what: { code: "X" },
    prev: "0".repeat(64),
  } as const;
  // printf '{"seq":1,"time":"2026-01-02T03:04:05.000Z","kind":"decline","what":{"code":"X"},"prev":"000…0"}' | sha256sum
  assert.equal(entryHash(entry), "2223569fadb6eb29206d41ed452b7e53c8e03ccd2ab211b68f47ed1868637703");
});

test("a changed, removed, moved, added or foreign line is found, and named", async () => {
  const lines = readFileSync(await written("tampered.jsonl"), "utf8")
    .trimEnd()
    .split("\n");
  const [a = "", b = "", c = ""] = lines;
  const resealed = (line: string): string => {
    const entry = { ...(JSON.parse(line) as LedgerEntry), what: { cases: 4 } };
    return JSON.stringify({ ...entry, hash: entryHash(entry) });
  };
  const cases: [string, string[]][] = [
    ["Line 1 of the ledger has been changed", [a.replace('"cases":3', '"cases":4'), b, c]],
    ["Line 2 of the ledger bears the number 3", [a, c]],
    ["Line 1 of the ledger bears the number 2", [b, c]],
    ["Line 2 of the ledger bears the number 3", [a, c, b]],
    ["Line 2 of the ledger bears the number 1", [a, a, b, c]],
    ["Line 2 of the ledger is not JSON", [a, "{", c]],
    ["Line 2 of the ledger is no ledger entry", [a, "{}", c]],
    ["Line 2 of the ledger does not follow the line before it", [resealed(a), b, c]],
    ["Line 1 of the ledger is not signed by a key of this site", [resealed(a)]],
  ];
  for (const [message, text] of cases) {
    await assert.rejects(verifyLedger(text.join("\n"), [key.publicKey]), {
      code: "LEDGER_BROKEN",
      message: `${message}.`,
    });
  }
  const stranger = await createSiteKey(paths);
  await assert.rejects(verifyLedger(lines.join("\n"), [stranger.publicKey]), { code: "LEDGER_BROKEN" });
  await verifyLedger(lines.join("\n"), [stranger.publicKey, key.publicKey]);
});

test("a line cut short by a crash is dropped, and the chain goes on; a broken chain is not opened", async () => {
  const path = await written("torn.jsonl");
  appendFileSync(path, '{"seq":4,"ti');
  const warnings: string[] = [];
  const logger = { ...silentLogger, warn: (message: string) => warnings.push(message) };
  await (await openLedger(path, { ...parts, logger })).append("decline", { code: "X" });
  assert.equal(warnings.length, 1);
  assert.equal((await verifyLedger(readFileSync(path, "utf8"), [key.publicKey])).length, 4);
  writeFileSync(path, readFileSync(path, "utf8").replace('"round":1', '"round":2'));
  await assert.rejects(openLedger(path, parts), { code: "LEDGER_BROKEN" });
});

test("a ledger that is changed, cut or exchanged while it is open takes no further line", async () => {
  const good = readFileSync(await written("watched.jsonl"), "utf8");
  const lines = good.trimEnd().split("\n");
  const other = readFileSync(await written("exchange.jsonl"), "utf8");
  const changes: [string, string][] = [
    ["a bit", good.replace('"cases":3', '"cases":4')],
    ["its end", `${lines.slice(0, 2).join("\n")}\n`],
    ["all of it", ""],
    ["a line more", `${good}{}\n`],
    ["another site's", other.replace(/"cases":3/, '"cases":9')],
  ];
  for (const [what, text] of changes) {
    const path = join(root, "open.jsonl");
    writeFileSync(path, good);
    const ledger = await openLedger(path, parts);
    writeFileSync(path, text);
    await assert.rejects(ledger.append("decline", { code: "X" }), { code: "LEDGER_BROKEN" }, what);
    assert.equal(readFileSync(path, "utf8"), text, "and the file is left for whoever looks into it");
  }
});

test("a ledger that was only touched, or copied back whole, goes on", async () => {
  const path = await written("touched.jsonl");
  const ledger = await openLedger(path, parts);
  const text = readFileSync(path, "utf8");
  rmSync(path);
  writeFileSync(path, text);
  await ledger.append("decline", { code: "X" });
  await ledger.append("decline", { code: "Y" });
  assert.equal((await verifyLedger(readFileSync(path, "utf8"), [key.publicKey])).length, 5);
});

test("a ledger with a line that none of the site's keys has signed is not opened", async () => {
  const path = await written("foreign.jsonl");
  const stranger = await createSiteKey(paths);
  await assert.rejects(openLedger(path, { ...parts, keys: [stranger.publicKey] }), { code: "LEDGER_BROKEN" });
});

const noFileSizeLimit = process.platform === "win32" && "Windows has no limit on the size of files";

test("a line that does not fit on the disk leaves the file as it was", { skip: noFileSizeLimit }, async () => {
  const path = await written("full.jsonl");
  const before = readFileSync(path, "utf8");
  // A limit on the size of files cuts a write short in its middle, as a disk does that becomes full.
  const script = `
    import { silentLogger, systemClock } from "@fedace/ace-core/foundation";
    import { loadSiteKey, dataPaths } from ${JSON.stringify(new URL("../identity/index.js", import.meta.url).href)};
    import { openLedger } from ${JSON.stringify(new URL("./ledger.js", import.meta.url).href)};
    const key = await loadSiteKey(dataPaths(${JSON.stringify(root)}), ${JSON.stringify(key.thumbprint)});
    const ledger = await openLedger(${JSON.stringify(path)}, { key, keys: [key.publicKey], clock: systemClock, logger: silentLogger });
    await ledger.append("decline", { code: "X".repeat(100000) }).catch((error) => console.log(error.code));
    await ledger.append("decline", { code: "Y" });`;
  const limited = `trap "" XFSZ; ulimit -f 8; exec "$0" --input-type=module --eval "$1"`;
  const out = execFileSync("sh", ["-c", limited, process.execPath, script], {
    encoding: "utf8",
    cwd: import.meta.dirname,
  });
  assert.equal(out, "SITE_DISK\n");
  const after = readFileSync(path, "utf8");
  assert.equal(after.slice(0, before.length), before);
  const entries = await verifyLedger(after, [key.publicKey]);
  assert.deepEqual(entries.at(-1)?.what, { code: "Y" });
});
