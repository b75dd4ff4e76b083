import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import test from "node:test";
import type { Assignment, Plan } from "@fedace/ace-core/protocol";
import type { Socket } from "socket.io-client";
import { TestCoordinator } from "../testing/coordinator.js";
import { ask } from "../testing/site.js";
import { download, trained, upload } from "../testing/worker.js";

const PLAN = `
name: old
classes: [background, CSF, GM, WM]
inputs: [T1w]
spacing: [2, 2, 2]
model: { filters: 4, levels: 2 }
training: { patch: [8, 8, 8], batch: 1, steps: 1, schedule: constant, correction: off, absentPrior: 0 }
aggregation: { weighting: cases, average: { kind: none } }
rounds: 1
quorum: { sites: 1, deadline: 1h }
`;

/** What a site of 0.1.0 says and knows, key for key: its schemas refused every other key. */
const MANIFEST = { software: "0.1.0", labels: { kind: "tissue" }, inputs: ["T1w"], cases: 8, engine: "wasm" } as const;
const NUMBERS = {
  cases: 7,
  voxels: { CSF: 1, GM: 1, WM: 1 },
  steps: 1,
  loss: 1,
  lastLoss: 1,
  evaluation: { cases: 1, dice: { CSF: 0.5, GM: 0.5, WM: 0.5 } },
  seconds: 1,
};
const ASSIGNMENT = ["deadline", "kind", "model", "plan", "round", "run", "site"];
const PLAN_KEYS = ["aggregation", "classes", "inputs", "loss", "model", "name", "quorum", "rounds", "seed", "spacing"];
const TRAINING = ["augmentation", "batch", "checkpointing", "clipNorm", "holdout", "momentum", "optimizer", "patch"];
const MORE_TRAINING = ["precision", "proximal", "sampling", "schedule", "steps"];

/** The next assignment as it came, before any schema of today. */
function told(socket: Socket): Promise<Assignment> {
  return new Promise((resolve) => {
    socket.once("assignment", ({ jws }: { jws: string }) => {
      const [, payload = ""] = jws.split(".");
      resolve(JSON.parse(Buffer.from(payload, "base64url").toString("utf8")) as Assignment);
    });
  });
}

const keys = (value: object): string[] => Object.keys(value).sort();

test("a site of 0.1.0 takes part in a run that asks for nothing newer: what it is told has no key that it does not know", async (t) => {
  const coordinator = await TestCoordinator.create(t);
  await coordinator.start();
  const socket = await (await coordinator.site("north")).connect(coordinator.clock.now());
  const welcome = await ask(socket, "manifest", MANIFEST);
  assert.ok(welcome.ok);
  assert.deepEqual(keys(welcome.value), ["site", "time"]);
  writeFileSync(coordinator.path("plan.yaml"), PLAN);
  const run = String((await coordinator.run("run", "create", coordinator.path("plan.yaml"))).json()["run"]);
  const first = told(socket);
  assert.equal((await coordinator.run("run", "start", run)).code, 0);
  const assignment = await first;
  assert.deepEqual(keys(assignment), ASSIGNMENT);
  const plan = assignment.plan as Plan;
  assert.deepEqual(keys(plan), [...PLAN_KEYS, "training"]);
  assert.deepEqual(keys(plan.training), [...TRAINING, ...MORE_TRAINING]);
  assert.deepEqual(keys(plan.aggregation), ["head", "strategy", "weighting"]);
  assert.deepEqual(keys(plan.model), ["blocks", "filters", "levels", "norm"]);

  const scoring = told(socket);
  const model = await download(socket, assignment);
  const counted = await upload(socket, assignment, trained(model, 1), NUMBERS);
  assert.deepEqual(counted, { ok: true, value: { counted: true } });
  assert.deepEqual(keys(await scoring), ASSIGNMENT);
  const evaluation = { cases: 1, dice: { CSF: 0.6, GM: 0.6, WM: 0.6 } };
  assert.equal((await ask(socket, "evaluation", { run, round: 2, evaluation })).ok, true);
  const shown = (await coordinator.run("run", "show", run, "--watch")).json();
  assert.equal(shown["state"], "completed");
  socket.disconnect();
});
