import assert from "node:assert/strict";
import { join } from "node:path";
import test from "node:test";
import { parsePlan } from "@fedace/ace-core/protocol";
import { CREATED } from "../rounds/index.js";
import { openSqlite } from "../store/index.js";
import { temporaryFolder } from "../testing/coordinator.js";
import { insertModel, insertRun, migrate, noteInvited, RunReader } from "./index.js";

test("a run is read once for each version of the data, whoever changes it", async (t) => {
  const file = join(temporaryFolder(t), "a.db");
  const [own, other] = [openSqlite(file), openSqlite(file)];
  t.after(() => Promise.all([own.close(), other.close()]));
  await migrate(own);
  const plan = parsePlan({ name: "a", classes: ["background", "x"], inputs: ["T1w"], spacing: [1, 1, 1], rounds: 1 });
  await insertRun(own, { id: "a", createdAt: 1, updatedAt: 1, plan, sites: null, state: CREATED });
  await insertModel(own, "a", { round: 0, model: { sha256: "0".repeat(64), bytes: 1 } }, 1);
  const reader = new RunReader(own);
  const first = await reader.read("a");
  assert.deepEqual(first?.run.plan, plan);
  assert.equal(await reader.read("a"), first, "nothing has changed: nothing is read");
  await own.transaction((sql) => noteInvited(sql, "north", 1));
  const second = await reader.read("a");
  assert.notEqual(second, first, "changed by this connection");
  assert.equal(await reader.read("a"), second);
  await other.transaction((sql) => noteInvited(sql, "south", 1));
  assert.notEqual(await reader.read("a"), second, "changed by another");
  assert.equal(await reader.read("b"), undefined);
});
