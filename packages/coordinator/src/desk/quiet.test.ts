import assert from "node:assert/strict";
import test from "node:test";
import { listProgress } from "../records/progress.js";
import { dataFolder, openSqlite } from "../store/index.js";
import { scene } from "../testing/federation.js";
import { ask } from "../testing/site.js";
import { manifest } from "../testing/worker.js";

test("what changes nothing is not written: manifests as before, declines as before, progress of other rounds", async (t) => {
  const { coordinator, tissue, lesion, run } = await scene(t);
  const database = openSqlite(dataFolder(coordinator.data).database);
  t.after(() => database.close());
  const decline = { run, round: 1, code: "TRAINING_DIVERGED" };
  assert.equal((await ask(lesion.socket, "decline", decline)).ok, true);
  await database.changedElsewhere();
  for (let i = 0; i < 10; i++) {
    assert.equal((await ask(tissue.socket, "manifest", manifest("tissue"))).ok, true);
    assert.equal((await ask(lesion.socket, "decline", decline)).ok, true);
  }
  const progress = { run, round: 1_000_000, phase: "training", done: 1, total: 2, secondsLeft: null };
  assert.equal((await ask(tissue.socket, "progress", progress)).ok, true);
  assert.deepEqual(await listProgress(database, run), new Map());
  assert.equal((await coordinator.audit()).filter(({ event }) => event === "round.declined").length, 1);
  const connected = (await coordinator.audit()).filter(({ event }) => event === "site.connected");
  assert.equal(connected.length, 2);
});
