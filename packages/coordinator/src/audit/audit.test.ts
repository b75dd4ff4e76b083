import assert from "node:assert/strict";
import test from "node:test";
import { isFedaceError } from "@fedace/ace-core/foundation";
import type { Clock } from "@fedace/ace-core/foundation";
import type { AuditEntry } from "../records/index.js";
import { auditEntries, migrate, record, verifyAudit } from "../records/index.js";
import { openSqlite } from "../store/index.js";
import type { Database, Sql } from "../store/index.js";
import { refusalLog } from "./index.js";

async function log(entries: number): Promise<Database> {
  const database = openSqlite(":memory:");
  await migrate(database);
  for (let i = 1; i <= entries; i++) {
    await database.transaction((sql) => record(sql, i, "event", { number: i, list: ["a", "b"] }));
  }
  return database;
}

async function all(sql: Sql): Promise<AuditEntry[]> {
  const entries: AuditEntry[] = [];
  for await (const entry of auditEntries(sql)) entries.push(entry);
  return entries;
}

test("a log of any length is read in parts of bounded length, whole and in order", async () => {
  const database = await log(2001);
  const parts: number[] = [];
  const watched: Sql = {
    run: (...args) => database.run(...args),
    get: (...args) => database.get(...args),
    all: async (...args) => {
      const rows = await database.all(...args);
      parts.push(rows.length);
      return rows;
    },
  };
  const sequences = (await all(watched)).map(({ sequence }) => sequence);
  assert.deepEqual(
    sequences,
    Array.from({ length: 2001 }, (_, i) => i + 1),
  );
  assert.deepEqual(parts, [1000, 1000, 1]);
});

const brokenAt = (entry: number) => (error: unknown) =>
  isFedaceError(error, "AUDIT_BROKEN") && error.fields["entry"] === entry;

test("a log as it was written is sound, whatever its length", async () => {
  for (const entries of [0, 1, 2, 1001]) {
    assert.equal((await verifyAudit(await log(entries))).entries, entries);
  }
  const [first] = await all(await log(1));
  assert.deepEqual(first?.fields, { number: 1, list: ["a", "b"] });
  assert.match(first.hash, /^[0-9a-f]{64}$/);
});

test("a changed, removed, inserted or reordered entry is found, with its number", async () => {
  const tampering: [string, number][] = [
    [`UPDATE audit SET fields = '{"number":7}' WHERE sequence = 3`, 3],
    [`UPDATE audit SET event = 'other' WHERE sequence = 1`, 1],
    [`UPDATE audit SET at = at + 1 WHERE sequence = 5`, 5],
    [`DELETE FROM audit WHERE sequence = 2`, 2],
    [`DELETE FROM audit WHERE sequence = 1`, 1],
    [`UPDATE audit SET hash = previous WHERE sequence = 4`, 4],
    [`INSERT INTO audit SELECT 6, at, event, fields, previous, hash FROM audit WHERE sequence = 5`, 6],
  ];
  for (const [statement, entry] of tampering) {
    const database = await log(5);
    await database.run(statement);
    await assert.rejects(verifyAudit(database), brokenAt(entry), statement);
  }
});

test("a cut end shows against the hash kept elsewhere", async () => {
  const database = await log(5);
  const kept = await verifyAudit(database);
  await database.run(`DELETE FROM audit WHERE sequence = 5`);
  assert.notEqual((await verifyAudit(database)).head, kept.head);
});

test("refusals are written up to a rate; what was left out is counted in the next one", async () => {
  const database = await log(0);
  let now = 0;
  const clock: Clock = { now: () => now, after: () => () => undefined };
  const refused = refusalLog(database, clock);
  for (let i = 0; i < 60; i++) await refused("connection", "north", { code: "TOKEN_SIGNATURE" });
  await refused("update.chunk", "north", { code: "UPDATE_OFFSET", offset: 5 });
  assert.equal((await all(database)).length, 40, "one that knocks all day has its share");
  for (const site of [undefined, "south", "west"])
    for (let i = 0; i < 45; i++) await refused("connection", site, { code: "TOKEN_SIGNATURE" });
  assert.equal((await all(database)).length, 120, "all together have theirs");
  now = 60_000;
  await refused("connection", undefined, { code: "TOKEN_MISSING" });
  const last = (await all(database)).at(-1);
  assert.deepEqual(last?.fields, { what: "connection", site: null, code: "TOKEN_MISSING", unwrittenBefore: 50 });
});
