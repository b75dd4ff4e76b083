import assert from "node:assert/strict";
import test from "node:test";
import { decodeSafetensors } from "@fedace/ace-core/tensors";
import { requireRun } from "../records/index.js";
import { dataFolder, openSqlite } from "../store/index.js";
import type { RunState } from "../rounds/index.js";
import { TestCoordinator } from "../testing/coordinator.js";
import { createRun, greet } from "../testing/federation.js";
import type { Connected } from "../testing/federation.js";
import { CoordinatorProcess } from "../testing/process.js";
import { ask } from "../testing/site.js";
import type { TestSite } from "../testing/site.js";
import { download, manifest, numbers, sha256, trained, upload } from "../testing/worker.js";

/** A network of 6 million weights: averaging two updates takes long enough to be interrupted. */
const MODEL = "{ filters: 16, levels: 4 }";

async function storedState(data: string, run: string): Promise<RunState> {
  const database = openSqlite(dataFolder(data).database);
  const { state } = await requireRun(database, run);
  await database.close();
  return state;
}

test("killed in mid-upload and in mid-averaging, the coordinator goes on with the same round", async (t) => {
  const coordinator = await TestCoordinator.create(t);
  let server = await CoordinatorProcess.start(t, coordinator.data, "--port", "0");
  const port = new URL(server.url).port;
  const restart = async (): Promise<void> => {
    await server.kill();
    server = await CoordinatorProcess.start(t, coordinator.data, "--port", port);
  };
  const kinds = { tissue: "tissue", lesion: "lesion" } as const;
  const sites: TestSite[] = [await coordinator.site("tissue"), await coordinator.site("lesion")];
  const connect = async (): Promise<Connected[]> =>
    Promise.all(sites.map((site) => greet(coordinator, site, manifest(kinds[site.name as "tissue" | "lesion"]))));
  let [tissue, lesion] = (await connect()) as [Connected, Connected];
  const id = await createRun(coordinator, { model: MODEL });
  await coordinator.run("run", "start", id);
  const model = await download(tissue.socket, await tissue.assignment);
  const update = trained(model, 1);

  const begin = { run: id, round: 1, sha256: sha256(update), bytes: update.byteLength, numbers: numbers() };
  const half = update.slice(0, 1_000_000);
  await ask(lesion.socket, "update.begin", begin);
  await ask(lesion.socket, "update.chunk", { run: id, round: 1, offset: 0, data: half });
  assert.equal((await upload(tissue.socket, { run: id, round: 1 }, trained(model, 3))).ok, true);
  await restart();

  [tissue, lesion] = (await connect()) as [Connected, Connected];
  assert.deepEqual(await ask(lesion.socket, "update.begin", begin), { ok: true, value: { offset: half.byteLength } });
  const duplicate = await upload(tissue.socket, { run: id, round: 1 }, trained(model, 3));
  assert.deepEqual(duplicate, { ok: false, rejection: { code: "UPDATE_DUPLICATE" } }, "counted stays counted");
  assert.equal((await upload(lesion.socket, { run: id, round: 1 }, update)).ok, true);
  await server.kill();
  const killed = await storedState(coordinator.data, id);
  assert.equal(killed.stage.kind, "aggregating", "killed after the last update, before the average");

  await restart();
  [tissue, lesion] = (await connect()) as [Connected, Connected];
  const second = await tissue.assignment;
  assert.equal(second.round, 2);
  const averaged = decodeSafetensors(await download(tissue.socket, second)).weights.data;
  const base = decodeSafetensors(model).weights.data;
  assert.ok(averaged.every((value, k) => Math.abs(value - ((base[k] ?? 0) + 0.02)) < 1e-6));
  const events = (await coordinator.audit()).map(({ event }) => event);
  assert.equal(events.filter((event) => event === "update.counted").length, 2);
  assert.equal(events.filter((event) => event === "round.aggregated").length, 1);
  assert.equal((await coordinator.run("audit", "verify")).code, 0);
  tissue.socket.disconnect();
  lesion.socket.disconnect();
  assert.equal(await server.terminate(), 0);
});
