import assert from "node:assert/strict";
import { readFileSync, writeFileSync } from "node:fs";
import test from "node:test";
import { seededRandom } from "@fedace/ace-core/foundation";
import { listRuns, listSites, readOverview, verifyAudit } from "../records/index.js";
import { dataFolder, fileObjects, openSqlite } from "../store/index.js";
import type { Database } from "../store/index.js";
import { TestCoordinator } from "../testing/coordinator.js";
import { scene } from "../testing/federation.js";
import { numbers, trained, upload } from "../testing/worker.js";

const FLIPS = 200;

/** Everything that the coordinator reads of a run, as text; `damaged` where something stops it. */
async function contents(data: string, run: string): Promise<string> {
  const folder = dataFolder(data);
  let database: Database | undefined;
  try {
    database = openSqlite(folder.database);
    if ((await database.check()).length > 0) return "damaged";
    await verifyAudit(database);
    const { damaged } = await listRuns(database);
    const sites = await listSites(database);
    if (damaged.length > 0 || sites.some((site) => site.damaged || site.manifest === null)) return "damaged";
    const view = await readOverview(database, run, 0);
    for (const { sha256 } of view.models) await (await fileObjects(folder.objects).open(sha256, "now")).close();
    return JSON.stringify([sites, view]);
  } catch {
    return "damaged";
  } finally {
    await database?.close().catch(() => undefined);
  }
}

/** Brings the write-ahead log into the file itself. */
async function mergeLog(file: string): Promise<void> {
  const database = openSqlite(file);
  await database.all("PRAGMA wal_checkpoint(TRUNCATE)");
  await database.close();
}

const withoutNumbers = (text: string): string => text.replaceAll(/\d+(\.\d+)?|null/g, "#");

test("a bit that flips in the database is noticed, or changes nothing of a run but a time or a count", async (t) => {
  const { coordinator, tissue, lesion, assignment, model, run } = await scene(t);
  const scored = { evaluation: { cases: 1, dice: { CSF: 0.5, GM: 0.5, WM: 0.5 } } };
  await upload(tissue.socket, assignment, trained(model, 1), numbers(scored));
  await upload(
    lesion.socket,
    assignment,
    trained(model, 1),
    numbers({ evaluation: { cases: 1, dice: { lesion: 0.5 } } }),
  );
  await coordinator.until(run, ({ round }) => round === 2);
  await coordinator.stop();
  const file = dataFolder(coordinator.data).database;
  await mergeLog(file);
  const before = await contents(coordinator.data, run);
  const whole = readFileSync(file);
  const random = seededRandom(1);
  const silent: string[] = [];
  let noticed = 0;
  for (let i = 0; i < FLIPS; i++) {
    const bytes = Buffer.from(whole);
    let at = random.integer(bytes.length);
    // Free space inside of pages holds nothing.
    while (bytes[at] === 0) at = random.integer(bytes.length);
    bytes[at] = (bytes[at] ?? 0) ^ (1 << random.integer(8));
    writeFileSync(file, bytes);
    const after = await contents(coordinator.data, run);
    if (after === "damaged") noticed += 1;
    else if (withoutNumbers(after) !== withoutNumbers(before)) silent.push(`byte ${at}`);
  }
  assert.deepEqual(silent, []);
  assert.ok(noticed > FLIPS / 2, String(noticed));
});

test("a server on a damaged database says so and what to do, and does not start", async (t) => {
  const coordinator = await TestCoordinator.create(t);
  const file = dataFolder(coordinator.data).database;
  await mergeLog(file);
  const bytes = readFileSync(file);
  bytes.fill(0xa5, 100, 300);
  writeFileSync(file, bytes);
  const { err, code } = await coordinator.run("serve", "--port", "0");
  assert.match(err, /DATA_FOLDER_DAMAGED.*Restore the data folder from a backup/s);
  assert.notEqual(code, 0);
});
