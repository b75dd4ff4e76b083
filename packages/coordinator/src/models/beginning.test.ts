import assert from "node:assert/strict";
import { readFileSync, writeFileSync } from "node:fs";
import test from "node:test";
import { readBundle } from "@fedace/ace-core/export";
import type { Bundle } from "@fedace/ace-core/export";
import { grow, modelSpec } from "@fedace/ace-core/model/architecture";
import { TestCoordinator } from "../testing/coordinator.js";
import { createRun, planText } from "../testing/federation.js";

const CLASSES = ["background", "CSF", "GM", "WM", "lesion"];
const GROWN = [...CLASSES, "oedema"];

/** The initial model of a run, as a bundle on disk. */
async function initialBundle(coordinator: TestCoordinator, run: string, name: string): Promise<Bundle> {
  const file = coordinator.path(name);
  const got = await coordinator.run("model", "get", run, "--out", file, "--round", "0", "--force");
  assert.equal(got.code, 0, got.err);
  return readBundle(readFileSync(file));
}

test("a run goes on from a bundle beside its plan, with a further class, and its bundle says from which", async (t) => {
  const coordinator = await TestCoordinator.create(t);
  const first = await initialBundle(coordinator, await createRun(coordinator, { seed: "5" }), "first.safetensors");
  const run = await createRun(coordinator, { classes: `[${GROWN.join(", ")}]`, init: "first.safetensors" });
  const second = await initialBundle(coordinator, run, "second.safetensors");
  const inputs = ["T1w", "FLAIR"];
  const network = (classes: readonly string[]): Parameters<typeof grow>[1] => ({
    spec: modelSpec({ preset: "tiny" }, 2, classes.length),
    classes,
    inputs,
  });
  const expected = grow({ ...network(CLASSES), weights: first.weights }, network(GROWN));
  assert.deepEqual(second.weights, expected);
  assert.deepEqual(second.card.plan.init, { run: first.card.run, round: 0, tensors: first.card.tensors });
});

test("a run goes on from a run of this coordinator, of which a round must have been averaged or named", async (t) => {
  const coordinator = await TestCoordinator.create(t);
  const before = await createRun(coordinator, { seed: "5" });
  const first = await initialBundle(coordinator, before, "first.safetensors");
  const run = await createRun(coordinator, { init: `{ run: ${before}, round: 0 }` });
  assert.deepEqual((await initialBundle(coordinator, run, "second.safetensors")).weights, first.weights);

  const refusal = async (init: string): Promise<unknown> => {
    const plan = coordinator.path("plan.yaml");
    writeFileSync(plan, planText({ init }));
    return (JSON.parse((await coordinator.run("run", "create", plan)).err) as { error: string }).error;
  };
  assert.equal(await refusal(`{ run: ${before} }`), "MODEL_UNTRAINED");
  assert.equal(await refusal(`{ run: ${before}, round: 3 }`), "MODEL_NOT_FOUND");
  assert.equal(await refusal("{ run: other-1234 }"), "RUN_NOT_FOUND");
  assert.equal(await refusal(`{ run: ${before}, round: 0, tensors: "${"0".repeat(64)}" }`), "PLAN_INVALID");
  assert.equal(await refusal("[1]"), "PLAN_INVALID");
  assert.equal(await refusal("none.safetensors"), "INPUT_UNREADABLE");
  assert.equal(await refusal("plan.yaml"), "BUNDLE_INVALID");
});

test("a bundle that was changed after it was signed is nothing to go on from", async (t) => {
  const coordinator = await TestCoordinator.create(t);
  await initialBundle(coordinator, await createRun(coordinator), "first.safetensors");
  const file = coordinator.path("first.safetensors");
  // The card's text without its digests' bytes: the product's name is signed, and nothing else looks at it.
  writeFileSync(file, readFileSync(file, "latin1").replace("fedace-coordinator", "fedace-coordinatos"), "latin1");
  const plan = coordinator.path("plan.yaml");
  writeFileSync(plan, planText({ init: "first.safetensors" }));
  const { err } = await coordinator.run("run", "create", plan);
  assert.equal((JSON.parse(err) as { error: string }).error, "BUNDLE_SIGNATURE");
});
