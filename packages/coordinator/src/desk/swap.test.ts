import assert from "node:assert/strict";
import { existsSync, readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import test from "node:test";
import { decodeSafetensors, encodeSafetensors } from "@fedace/ace-core/tensors";
import { greet, scene } from "../testing/federation.js";
import { ask } from "../testing/site.js";
import { download, manifest, nextAssignment, numbers, sha256, trained, upload } from "../testing/worker.js";

const counted = { ok: true, value: { counted: true } };
const refusal = (code: string, more: object = {}): object => ({ ok: false, rejection: { code, ...more } });

/** A network of 6 million weights: verifying an update takes long enough for others to come between. */
const LARGE = "{ filters: 16, levels: 4 }";

test("what a second connection uploads while the first is verified is never averaged in its place", async (t) => {
  const { coordinator, tissue, lesion, assignment, model, run } = await scene(t, { model: LARGE });
  const good = trained(model, 0.1);
  const { weights } = decodeSafetensors(model);
  const poison = encodeSafetensors({ specs: weights.specs, data: weights.data.map(() => Number.NaN) });
  const begin = (update: Uint8Array): object => ({
    run,
    round: 1,
    sha256: sha256(update),
    bytes: update.byteLength,
    numbers: numbers(),
  });
  const send = async (socket: typeof tissue.socket, update: Uint8Array): Promise<void> => {
    await ask(socket, "update.begin", begin(update));
    for (let offset = 0; offset < update.byteLength; offset += 1 << 20) {
      await ask(socket, "update.chunk", { run, round: 1, offset, data: update.slice(offset, offset + (1 << 20)) });
    }
  };
  await send(tissue.socket, good);
  // Whatever becomes of this answer: its connection gives way to the next.
  const end = ask(tissue.socket, "update.end", { run, round: 1 }).catch(() => undefined);
  const second = await greet(coordinator, tissue.site, manifest("tissue"));
  t.after(() => second.socket.disconnect());
  await send(second.socket, poison);
  await end;
  const answer = await ask(second.socket, "update.end", { run, round: 1 });
  const next = nextAssignment(lesion.socket);
  if (answer.ok) assert.deepEqual(answer, counted, "the first update counted before the second connection came");
  else {
    assert.deepEqual(answer, refusal("UPDATE_NOT_FINITE"));
    assert.deepEqual(await upload(second.socket, assignment, good), counted);
  }
  assert.deepEqual(await upload(lesion.socket, assignment, good), counted);
  const { weights: averaged } = decodeSafetensors(await download(lesion.socket, await next));
  assert.ok(averaged.data.every((value, k) => Math.abs(value - (weights.data[k] ?? 0) - 0.001) < 1e-6));
});

test("begins and chunks of an update that counts are refused, on whatever connection", async (t) => {
  const { coordinator, tissue, assignment, model, run } = await scene(t);
  const update = trained(model, 0.1);
  assert.deepEqual(await upload(tissue.socket, assignment, update), counted);
  const chunk = { run, round: 1, offset: 0, data: update.slice(0, 10) };
  assert.deepEqual(await ask(tissue.socket, "update.chunk", chunk), refusal("UPDATE_UNKNOWN"));
  const second = await greet(coordinator, tissue.site, manifest("tissue"));
  t.after(() => second.socket.disconnect());
  const begin = { run, round: 1, sha256: sha256(update), bytes: update.byteLength + 8, numbers: numbers() };
  assert.deepEqual(await ask(second.socket, "update.begin", begin), refusal("UPDATE_DUPLICATE"));
  assert.deepEqual(await ask(second.socket, "update.chunk", chunk), refusal("UPDATE_UNKNOWN"));
  const folder = join(coordinator.data, "spool", run, "1");
  assert.deepEqual(readdirSync(folder), [`tissue.${sha256(update)}.safetensors`]);
});

test("a first chunk at another offset than 0 is told where to begin", async (t) => {
  const { tissue, model, run } = await scene(t);
  const update = trained(model, 0.1);
  const begin = { run, round: 1, sha256: sha256(update), bytes: update.byteLength, numbers: numbers() };
  assert.deepEqual(await ask(tissue.socket, "update.begin", begin), { ok: true, value: { offset: 0 } });
  const chunk = { run, round: 1, offset: 100, data: update.slice(100, 200) };
  assert.deepEqual(await ask(tissue.socket, "update.chunk", chunk), refusal("UPDATE_OFFSET", { offset: 0 }));
});

test("chunks of a round that has closed, or of a run that was aborted, leave nothing in the spool", async (t) => {
  const { coordinator, tissue, lesion, model, run } = await scene(t, {
    quorum: "{ sites: 1, perClass: 0, deadline: 2s }",
  });
  const spool = join(coordinator.data, "spool", run);
  const update = trained(model, 0.1);
  const begin = { run, round: 1, sha256: sha256(update), bytes: update.byteLength, numbers: numbers() };
  await ask(lesion.socket, "update.begin", begin);
  const next = nextAssignment(lesion.socket);
  assert.deepEqual(await upload(tissue.socket, { run, round: 1 }, update), counted);
  assert.equal((await next).round, 2);
  await coordinator.eventually(() => !existsSync(join(spool, "1")));
  const late = { run, round: 1, offset: 0, data: update.slice(0, 10) };
  assert.deepEqual(await ask(lesion.socket, "update.chunk", late), refusal("UPDATE_UNKNOWN"));
  assert.equal(existsSync(join(spool, "1")), false);
  await ask(lesion.socket, "update.begin", { ...begin, round: 2 });
  assert.equal((await coordinator.run("run", "abort", run)).code, 0);
  await coordinator.eventually(() => !existsSync(spool));
  assert.deepEqual(await ask(lesion.socket, "update.chunk", { ...late, round: 2 }), refusal("UPDATE_UNKNOWN"));
  assert.equal(existsSync(spool), false);
});

test("a counted update that rots on the disk is asked for again, and the model is signed only as it was made", async (t) => {
  const { coordinator, tissue, lesion, assignment, model, run } = await scene(t, { rounds: "1" });
  const update = trained(model, 0.1);
  assert.deepEqual(await upload(tissue.socket, assignment, update), counted);
  const { weights } = decodeSafetensors(update);
  const file = join(coordinator.data, "spool", run, "1", `tissue.${sha256(update)}.safetensors`);
  writeFileSync(file, encodeSafetensors({ specs: weights.specs, data: weights.data.map(() => Number.NaN) }));
  const again = nextAssignment(tissue.socket);
  assert.deepEqual(await upload(lesion.socket, assignment, update), counted);
  const asked = await again;
  assert.deepEqual([asked.kind, asked.round], ["train", 1]);
  const final = nextAssignment(tissue.socket);
  assert.deepEqual(await upload(tissue.socket, asked, update), counted);
  const { model: made } = await final;
  const stored = join(coordinator.data, "objects", made.sha256.slice(0, 2), made.sha256);
  const bytes = await download(tissue.socket, await final.then((one) => one));
  bytes[bytes.length - 1] = (bytes.at(-1) ?? 0) ^ 1;
  writeFileSync(stored, bytes);
  const got = await coordinator.run(
    "model",
    "get",
    run,
    "--round",
    "1",
    "--out",
    coordinator.path("model.safetensors"),
  );
  assert.match(got.err, /DATA_FOLDER_DAMAGED/);
  assert.equal(existsSync(coordinator.path("model.safetensors")), false);
});
