import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import test from "node:test";
import { movingAverage } from "@fedace/ace-core/aggregation";
import { readBundle } from "@fedace/ace-core/export";
import type { Assignment } from "@fedace/ace-core/protocol";
import { decodeSafetensors } from "@fedace/ace-core/tensors";
import type { Socket } from "socket.io-client";
import { scene } from "../testing/federation.js";
import { ask } from "../testing/site.js";
import { download, nextAssignment, sha256, trained, upload } from "../testing/worker.js";

const PLAN = {
  rounds: "3",
  training: "{ patch: [8, 8, 8], batch: 1, steps: 1, correction: control-variates }",
  aggregation: "{ weighting: cases, average: { kind: ema, decay: 0.6 } }",
};
const malformed = { ok: false, rejection: { code: "MESSAGE_MALFORMED" } };

/** Another model that an assignment names: small enough for one message. */
async function read(socket: Socket, { run, round }: Assignment, of: "previous" | "average"): Promise<Uint8Array> {
  const answer = await ask(socket, "model.read", { run, round, of, offset: 0, length: 1024 * 1024 });
  assert.ok(answer.ok, JSON.stringify(answer));
  return Uint8Array.from(answer.value.data);
}

test("an assignment names the last update that counted and the average, and both models can be read by it alone", async (t) => {
  const { coordinator, tissue, lesion, assignments, model } = await scene(t, PLAN);
  const first = assignments.tissue;
  assert.deepEqual([first.previous, first.average], [undefined, undefined]);
  const { run } = first;
  const request = { run, round: 1, offset: 0, length: 10 };
  assert.deepEqual(await ask(tissue.socket, "model.read", { ...request, of: "previous" }), malformed);

  const updates = [1, 2].map((hundredths) => trained(model, hundredths));
  const [a = model, b = model] = updates;
  let next = nextAssignment(tissue.socket);
  await upload(tissue.socket, first, a);
  await upload(lesion.socket, first, b);
  const second = await next;
  assert.deepEqual(second.previous, { round: 1, update: sha256(a), model: second.model });
  assert.deepEqual(second.average, second.model, "the average begins with the first round's model");
  const made = await download(tissue.socket, second);

  next = nextAssignment(tissue.socket);
  await upload(tissue.socket, second, trained(made, 3));
  await upload(lesion.socket, second, trained(made, 3));
  const third = await next;
  assert.equal(third.previous?.round, 2);
  const latest = await download(tissue.socket, third);
  const average = await read(tissue.socket, third, "average");
  assert.equal(sha256(average), third.average?.sha256);
  const [before, now, smooth] = [made, latest, average].map((bytes) => decodeSafetensors(bytes).weights.data);
  assert.deepEqual(smooth, movingAverage(before ?? new Float32Array(), now ?? new Float32Array(), 0.6));
  assert.deepEqual(await read(tissue.socket, third, "previous"), latest);
  assert.deepEqual(await ask(tissue.socket, "model.read", { ...request, round: 3, of: "average", offset: average.byteLength }), malformed); // prettier-ignore

  const file = coordinator.path("model.safetensors");
  await coordinator.run("model", "get", run, "--out", file, "--round", "2");
  assert.deepEqual(readBundle(readFileSync(file)).weights.data, smooth, "what is published is the average");
});

test("without correction and average an assignment is as it was", async (t) => {
  const { assignments } = await scene(t);
  assert.deepEqual(Object.keys(assignments.tissue).sort(), [
    "deadline",
    "kind",
    "model",
    "plan",
    "round",
    "run",
    "site",
  ]);
});
