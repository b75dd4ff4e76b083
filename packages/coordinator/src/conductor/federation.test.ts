import assert from "node:assert/strict";
import { readFileSync, writeFileSync } from "node:fs";
import test from "node:test";
import { readBundle } from "@fedace/ace-core/export";
import { EVALUATION_PARTS } from "@fedace/ace-core/protocol";
import { decodeSafetensors } from "@fedace/ace-core/tensors";
import { TestCoordinator } from "../testing/coordinator.js";
import type { Ran } from "../testing/coordinator.js";
import { greet, scene } from "../testing/federation.js";
import type { Connected } from "../testing/federation.js";
import { ask } from "../testing/site.js";
import { download, manifest, nextAssignment, numbers, trained, upload } from "../testing/worker.js";

const PLAN = `
name: Two.Sites
classes: [background, CSF, GM, WM, lesion]
inputs: [T1w, FLAIR]
spacing: [2, 2, 2]
model: { preset: tiny }
training: { patch: [8, 8, 8], batch: 1, steps: 1, schedule: constant, correction: off, absentPrior: 0 }
aggregation: { weighting: cases, average: { kind: none } }
rounds: 2
quorum: { sites: 2, deadline: 1h }
`;

test("two sites with different labels make a joint model, round by round", async (t) => {
  const coordinator = await TestCoordinator.create(t);
  await coordinator.start();
  const [tissue, lesion] = [await coordinator.site("tissue"), await coordinator.site("lesion")];
  const now = coordinator.clock.now();
  const sockets = [await tissue.connect(now), await lesion.connect(now)] as const;
  for (const [i, kind] of (["tissue", "lesion"] as const).entries()) {
    const said = i === 0 ? { cases: 30, understands: ["metrics" as const] } : { cases: 10 };
    const answer = await ask(sockets[i] ?? sockets[0], "manifest", manifest(kind, said));
    assert.ok(answer.ok);
    assert.deepEqual(answer.value.metrics, i === 0 ? EVALUATION_PARTS : undefined, "an older site would refuse it");
  }
  writeFileSync(coordinator.path("plan.yaml"), PLAN);
  const id = String((await coordinator.run("run", "create", coordinator.path("plan.yaml"))).json()["run"]);
  assert.match(id, /^two-sites-[0-9a-f]{8}$/);
  const first = sockets.map(nextAssignment);
  const started = await coordinator.run("run", "start", id);
  assert.equal(started.code, 0, started.err);

  let assignments = await Promise.all(first);
  for (const round of [1, 2]) {
    const next = sockets.map(nextAssignment);
    const models: Float32Array[] = [];
    for (const [i, socket] of sockets.entries()) {
      const assignment = assignments[i];
      assert.ok(assignment);
      assert.equal(assignment.round, round);
      assert.equal(assignment.kind, "train");
      assert.equal(assignment.site, i === 0 ? "tissue" : "lesion");
      const model = await download(socket, assignment);
      models.push(decodeSafetensors(model).weights.data);
      const dice = i === 0 ? { CSF: 0.1 * round, GM: 0.2, WM: 0.3, lesion: null } : { lesion: 0.4 };
      const declared = numbers({ cases: i === 0 ? 30 : 10, evaluation: { cases: 2, dice } });
      assert.deepEqual(await upload(socket, assignment, trained(model, i === 0 ? 1 : -1), declared), {
        ok: true,
        value: { counted: true },
      });
    }
    assert.deepEqual(models[0], models[1]);
    assignments = await Promise.all(next);
    if (round === 1) {
      const [before] = models;
      assert.ok(before && assignments[0]);
      const after = decodeSafetensors(await download(sockets[0], assignments[0])).weights.data;
      // 30 cases at +1 and 10 at -1 move the average by 0.5; each sum is rounded to float32 twice.
      after.forEach((value, k) => {
        assert.ok(Math.abs(value - ((before[k] ?? 0) + 0.005)) < 1e-6);
      });
    }
  }
  assert.deepEqual(
    assignments.map(({ kind, round }) => ({ kind, round })),
    [1, 2].map(() => ({ kind: "evaluate", round: 3 })),
  );
  const metrics = { hd95: { CSF: 2 }, falseVolume: { lesion: 58 }, falseVolumeShare: { lesion: 1 } };
  for (const [i, socket] of sockets.entries()) {
    const dice = i === 0 ? { CSF: 0.6, GM: 0.6, WM: 0.6 } : { lesion: 0.5 };
    const evaluation = { cases: 2, dice, ...(i === 0 ? { metrics } : {}) };
    const answer = await ask(socket, "evaluation", { run: id, round: 3, evaluation });
    assert.equal(answer.ok, true);
  }
  const shown = (await coordinator.run("run", "show", id, "--watch")).json();
  assert.equal(shown["state"], "completed");
  assert.equal(shown["best"], 2);
  const scores = shown["scores"] as {
    model: number;
    classes: Record<string, number>;
    pooled: Record<string, object>;
  }[];
  assert.deepEqual(
    scores.map(({ model }) => model),
    [0, 1, 2],
  );
  assert.deepEqual(scores[2]?.classes, { CSF: 0.6, GM: 0.6, WM: 0.6, lesion: 0.5 });
  for (const [metric, figures] of Object.entries(metrics)) {
    const pooled = Object.entries(figures).map(([name, mean]) => [name, { mean, cases: 2, interval: null }]);
    assert.deepEqual(scores[2].pooled[metric], Object.fromEntries(pooled), "that of the only site that says");
  }
  for (const socket of sockets) socket.disconnect();

  const bundle = coordinator.path("joint.safetensors");
  const got = await coordinator.run("model", "get", id, "--out", bundle);
  assert.equal(got.code, 0, got.err);
  assert.equal(got.json()["round"], 2);
  assert.equal((await coordinator.run("model", "verify", bundle)).json()["verified"], true);
  const card = readBundle(readFileSync(bundle)).card;
  assert.deepEqual(
    card.scores.map((one) => one.metrics),
    [undefined, metrics],
  );
  assert.deepEqual(card.sites, [
    { name: "lesion", annotated: ["lesion"], cases: 10 },
    { name: "tissue", annotated: ["background", "CSF", "GM", "WM"], cases: 30 },
  ]);
  const again = await coordinator.run("model", "get", id, "--out", bundle, "--round", "2");
  assert.equal(again.json()["sha256"], got.json()["sha256"], "the same model is the same file");
  assert.equal((await coordinator.run("audit", "verify")).code, 0);
});

test("a run with a list of sites is for these alone", async (t) => {
  const coordinator = await TestCoordinator.create(t);
  await coordinator.start();
  const names = { tissue: "tissue", lesion: "lesion", stranger: "tissue" } as const;
  const connected: Connected[] = [];
  for (const [name, kind] of Object.entries(names)) {
    connected.push(await greet(coordinator, await coordinator.site(name), manifest(kind)));
  }
  t.after(() => {
    for (const { socket } of connected) socket.disconnect();
  });
  writeFileSync(coordinator.path("plan.yaml"), PLAN);
  const create = (...args: string[]): Promise<Ran> =>
    coordinator.run("run", "create", coordinator.path("plan.yaml"), ...args);
  assert.match((await create("--sites", "tissue,nobody")).err, /SITE_NOT_FOUND/);
  const id = String((await create("--sites", "tissue, lesion")).json()["run"]);
  assert.equal((await coordinator.run("run", "start", id)).code, 0);
  await Promise.all(connected.slice(0, 2).map(({ assignment }) => assignment));
  const view = (await coordinator.run("run", "show", id)).json();
  assert.deepEqual(view["onlySites"], ["tissue", "lesion"]);
  assert.deepEqual((view["sites"] as { site: string }[]).map(({ site }) => site).sort(), ["lesion", "tissue"]);
  const message = { run: id, round: 1, offset: 0, length: 10 };
  for (const { site, socket } of connected) {
    const read = await ask(socket, "model.read", message);
    assert.equal(read.ok ? "ok" : read.rejection.code, site.name === "stranger" ? "RUN_UNKNOWN" : "ok");
  }
});

test("a run whose classes nobody scored says so in JSON", async (t) => {
  const { coordinator, run, tissue, lesion, assignments, model } = await scene(t, { rounds: "1" });
  const scored = numbers({ evaluation: { cases: 1, dice: { CSF: 0.5 } } });
  assert.equal((await upload(tissue.socket, assignments.tissue, trained(model, 0.1), scored)).ok, true);
  assert.equal((await upload(lesion.socket, assignments.lesion, trained(model, 0.1))).ok, true);
  const shown = await coordinator.until(run, ({ scores }) => (scores as unknown[]).length > 0);
  assert.deepEqual(shown["unscored"], ["GM", "WM", "lesion"]);
  assert.equal(shown["best"], null);
});
