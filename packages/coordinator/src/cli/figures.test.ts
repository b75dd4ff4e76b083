import assert from "node:assert/strict";
import { readFileSync, writeFileSync } from "node:fs";
import test from "node:test";
import { modelCardText, readBundle } from "@fedace/ace-core/export";
import type { Evaluation } from "@fedace/ace-core/protocol";
import { runCommand, TestCoordinator } from "../testing/coordinator.js";
import { planText, scene } from "../testing/federation.js";
import { ask } from "../testing/site.js";
import { nextAssignment, numbers, trained, upload } from "../testing/worker.js";

/** Four cases of .8 ± .1: their mean is known to ± 3.182446 · .1 / √3. */
const four = { cases: 4, deviation: 0.1 };
const EVALUATIONS: Readonly<Record<"tissue" | "lesion", Evaluation>> = {
  tissue: {
    cases: 4,
    dice: { CSF: 0.8, GM: 0.8, WM: 0.8, lesion: null },
    metrics: { volumeDifference: { CSF: -20 } },
    spread: { dice: { CSF: four, GM: four, WM: four }, volumeDifference: { CSF: { cases: 3, deviation: 4 } } },
  },
  lesion: { cases: 2, dice: { lesion: null }, withheld: { dice: ["lesion"], lesionF1: ["lesion"] } },
};

/** A run of one round whose model was scored like that. */
async function scored(t: test.TestContext, changes: Readonly<Record<string, string>> = {}, evaluations = EVALUATIONS) {
  const { coordinator, run, model, ...sites } = await scene(t, { rounds: "1", ...changes });
  const finals = [nextAssignment(sites.tissue.socket), nextAssignment(sites.lesion.socket)];
  for (const { socket } of [sites.tissue, sites.lesion])
    assert.equal((await upload(socket, { run, round: 1 }, trained(model, 1), numbers())).ok, true);
  await Promise.all(finals);
  for (const name of ["tissue", "lesion"] as const) {
    const answer = await ask(sites[name].socket, "evaluation", { run, round: 2, evaluation: evaluations[name] });
    assert.equal(answer.ok, true, JSON.stringify(answer));
  }
  const text = async (...argv: string[]): Promise<string> =>
    (await runCommand([...argv, "--data", coordinator.data])).out;
  return { coordinator, run, text };
}

test("run show, its JSON and the bundle say how sure figures are, and what a site keeps to itself", async (t) => {
  const { coordinator, run, text } = await scored(t);
  const shown = await text("run", "show", run);
  assert.match(shown, /^ {2}CSF {5}– {9}0\.800 \(4\) {2}0\.800 {5}0\.800 \[0\.616, 0\.984\] \(4\)$/m);
  assert.match(shown, /^ {2}lesion {2}withheld {2}– {10}withheld$/m);
  assert.match(
    shown,
    /^lesion is withheld by lesion: fewer cases than a figure is given of there .*, so no model is the best$/m,
  );
  const metrics = await text("run", "show", run, "--metrics");
  // −20 ± 4.302653 · 4 / √2
  assert.match(metrics, /^ {2}CSF {4}all, by cases {2}-20\.00 {2}3 {6}\[-32\.17, -7\.83\]$/m);
  assert.match(
    metrics,
    /^lesionF1: higher is better; annotated lesion classes\n.*\n {2}lesion {2}lesion {2}withheld$/m,
  );

  const plain = (await coordinator.run("run", "show", run)).json() as {
    best: null;
    unscored: string[];
    withheld: object[];
    scores: { unassessed: string[]; withheld: string[]; pooled: Record<string, Record<string, object>> }[];
  };
  assert.deepEqual([plain.best, plain.unscored], [null, []]);
  assert.deepEqual(plain.withheld, [{ class: "lesion", sites: ["lesion"] }]);
  assert.deepEqual([plain.scores[0]?.unassessed, plain.scores[0]?.withheld], [[], ["lesion"]]);

  const file = coordinator.path("joint.safetensors");
  assert.match(await text("model", "get", run, "--out", file), /Dice {5}CSF 0\.800, .* lesion withheld, at/);
  assert.match(await text("model", "verify", file), /lesion withheld/);
  const { card } = readBundle(readFileSync(file));
  assert.deepEqual(card.pooled, plain.scores[0]?.pooled);
  assert.deepEqual(card.scores[0]?.withheld, EVALUATIONS.lesion.withheld);
  assert.deepEqual(card.scores[1]?.spread, EVALUATIONS.tissue.spread);
  assert.equal(card.unassessed, undefined);
  const markdown = modelCardText(card);
  assert.ok(markdown.includes("| tissue | 4 | 0.800 (4) | 0.800 (4) | 0.800 (4) | – |"), markdown);
  assert.ok(markdown.includes("0.800 [0.616, 0.984] (4) | withheld |"), markdown);
  assert.match(markdown, /^lesion is withheld/m);
});

test("a model is the best by what the plan names, although a class that does not decide is withheld", async (t) => {
  const { coordinator, run, text } = await scored(t, { best: "[dice:CSF, dice:WM]" });
  const shown = await text("run", "show", run);
  assert.match(shown, /^ {2}the best by dice:CSF, dice:WM$/m);
  assert.doesNotMatch(shown, /no model is the best/);
  const { best, bestBy } = (await coordinator.run("run", "show", run)).json();
  assert.deepEqual([best, bestBy], [1, ["dice:CSF", "dice:WM"]]);
  const got = await text("model", "get", run, "--round", "best", "--out", coordinator.path("best.safetensors"));
  assert.match(got, /the model of round 1, the best/);
});

test("a class that nobody assessed is unassessed in run show, model get, the bundle and its card", async (t) => {
  const lesion = { cases: 2, dice: { lesion: null } };
  const { coordinator, run, text } = await scored(t, {}, { ...EVALUATIONS, lesion });
  assert.match(await text("run", "show", run), /^ {2}lesion {2}– {7}– {10}unassessed$/m);
  assert.deepEqual((await coordinator.run("run", "show", run)).json()["unscored"], ["lesion"]);
  const file = coordinator.path("joint.safetensors");
  assert.match(await text("model", "get", run, "--out", file), /, lesion unassessed, at/);
  const { card } = readBundle(readFileSync(file));
  assert.deepEqual(card.unassessed, ["lesion"]);
  assert.match(modelCardText(card), /^lesion is unassessed/m);
});

test("a plan whose best model would be chosen by nothing is refused when the run is created", async (t) => {
  const coordinator = await TestCoordinator.create(t);
  const file = coordinator.path("plan.yaml");
  writeFileSync(file, planText({ best: "[dice, lesionF1:WM]" }));
  const ran = await coordinator.run("run", "create", file);
  assert.notEqual(ran.code, 0);
  assert.match(ran.err, /PLAN_INVALID/);
  assert.match(ran.err, /best: lesionF1:WM matches nothing that sites score in every round; it can be dice, dice:CSF/);
  assert.deepEqual((await coordinator.run("run", "list")).json()["runs"], []);
});
