import assert from "node:assert/strict";
import { existsSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { movingAverage } from "@fedace/ace-core/aggregation";
import { seededRandom } from "@fedace/ace-core/foundation";
import { parsePlan } from "@fedace/ace-core/protocol";
import type { Assignment } from "@fedace/ace-core/protocol";
import { weightSet } from "@fedace/ace-core/tensors";
import type { WeightSet } from "@fedace/ace-core/tensors";
import { displacement } from "@fedace/ace-core/training";
import {
  amountOf,
  correctionFor,
  forgetRun,
  keepSent,
  keptFolder,
  needs,
  weightsToScore,
  writeWeights,
} from "./index.js";
import { digestOf, NOTHING_KEPT } from "./kept.js";

const root = mkdtempSync(join(tmpdir(), "fedace-"));
after(() => {
  rmSync(root, { recursive: true, force: true });
});
let made = 0;
const fresh = (): string => join(root, `runs-${(made += 1)}`);

const plan = parsePlan({
  name: "a",
  classes: ["background", "x"],
  inputs: ["T1w"],
  spacing: [1, 1, 1],
  training: { correction: "control-variates", steps: 5 },
  aggregation: { average: { kind: "ema", decay: 0.75 } },
  rounds: 9,
});
const MOVED = displacement(plan, 1);
const NOTHING = { previous: null, average: null };
const numbers = { cases: 8, voxels: { background: 100, x: 30 } };

const random = seededRandom(7);
function weights(): WeightSet {
  const set = weightSet([{ name: "w", shape: [6] }]);
  for (let i = 0; i < 6; i++) set.data[i] = random.normal();
  return set;
}

/** The round in which an update counted, as an assignment says it; its model lies in a file. */
async function counted(round: number, update: WeightSet, model: WeightSet) {
  const path = join(root, `previous-${(made += 1)}.safetensors`);
  const { sha256, bytes } = await writeWeights(path, model);
  return { round, update: digestOf(update), model: { sha256, bytes }, path };
}

/** h + (w − y) / D, value by value. */
function close(actual: WeightSet | undefined, expected: (i: number) => number): void {
  assert.ok(actual !== undefined);
  for (const [i, value] of actual.data.entries())
    assert.ok(Math.abs(value - expected(i)) < 1e-5, `${value} for ${expected(i)}`);
}

test("an update is worked into the control variate once it is known to have counted, and once only", async () => {
  const runs = fresh();
  const folder = keptFolder(runs, "r");
  const [first, y1, w1, y2, w2] = [weights(), weights(), weights(), weights(), weights()];
  assert.deepEqual(await correctionFor(folder, plan, first, NOTHING), { variate: undefined, lost: false });
  await keepSent(folder, plan, 1, y1, numbers);
  const previous = await counted(1, y1, w1);
  const after1 = (i: number): number => ((w1.data[i] ?? NaN) - (y1.data[i] ?? NaN)) / MOVED;
  for (let again = 0; again < 2; again++) {
    const h = await correctionFor(keptFolder(runs, "r"), plan, w1, { ...NOTHING, previous });
    close(h.variate?.(8), after1);
    close(h.variate?.(16), (i) => after1(i) / 2);
  }
  await keepSent(folder, plan, 2, y2, { ...numbers, cases: 4 });
  const h = await correctionFor(folder, plan, w2, { ...NOTHING, previous: await counted(2, y2, w2) });
  // Σ n h: 8 (w1 − y1) + 4 (w2 − y2), over what the site counts for now.
  close(h.variate?.(4), (i) => (8 * after1(i) + (4 * ((w2.data[i] ?? NaN) - (y2.data[i] ?? NaN))) / MOVED) / 4);
  assert.deepEqual(readdirSync(join(runs, "r")).sort(), ["kept.json", "variate.2.safetensors"]);
  forgetRun(runs, "r");
  assert.equal(existsSync(join(runs, "r")), false);
});

test("a round that was missed, an update that did not count, and one that is lost leave the variate as it was", async () => {
  const folder = keptFolder(fresh(), "r");
  const [y1, w1, y3, w4] = [weights(), weights(), weights(), weights()];
  await keepSent(folder, plan, 1, y1, numbers);
  const first = await counted(1, y1, w1);
  const h = (await correctionFor(folder, plan, w1, { ...NOTHING, previous: first })).variate?.(8);
  // Trained in round 2, which closed without it; the last one that counted is still that of round 1.
  await keepSent(folder, plan, 2, weights(), numbers);
  const same = (await correctionFor(folder, plan, weights(), { ...NOTHING, previous: first })).variate?.(8);
  assert.deepEqual(same?.data, h?.data);
  // Counted in round 3 and then away while round 4 ran: the model of round 3 was downloaded beside that of round 4.
  await keepSent(folder, plan, 3, y3, numbers);
  const w3 = weights();
  const missed = await correctionFor(folder, plan, w4, { ...NOTHING, previous: await counted(3, y3, w3) });
  close(missed.variate?.(8), (i) => (h?.data[i] ?? NaN) + ((w3.data[i] ?? NaN) - (y3.data[i] ?? NaN)) / MOVED);
  // Counted by another process on another disk: nothing to work in.
  const other = await counted(5, weights(), weights());
  const without = await correctionFor(folder, plan, w4, { ...NOTHING, previous: other });
  assert.deepEqual([without.lost, missed.lost], [true, false]);
  assert.deepEqual(without.variate?.(8).data, missed.variate?.(8).data);
});

test("what is kept counts for nothing where it was damaged", async () => {
  const runs = fresh();
  const folder = keptFolder(runs, "r");
  const [y, w] = [weights(), weights()];
  await keepSent(folder, plan, 1, y, numbers);
  writeFileSync(join(runs, "r", "sent.1.safetensors"), "rot");
  const previous = await counted(1, y, w);
  assert.deepEqual(await correctionFor(folder, plan, w, { ...NOTHING, previous }), { variate: undefined, lost: true });
  writeFileSync(join(runs, "r", "kept.json"), "{");
  assert.deepEqual(folder.read(), NOTHING_KEPT);
});

test("the average to score is worked out from the one before, or taken as it came, and checked", async () => {
  const folder = keptFolder(fresh(), "r");
  const [w1, w2, w3] = [weights(), weights(), weights()];
  const path = join(root, "average.safetensors");
  const named = (average: WeightSet) => ({ previous: null, average: { sha256: digestOf(average), path } });
  assert.equal(await weightsToScore(folder, plan, 1, w1, NOTHING), w1, "the initial model is its own");
  assert.equal(await weightsToScore(folder, plan, 2, w1, named(w1)), w1);
  const second = { specs: w2.specs, data: movingAverage(w1.data, w2.data, 0.75) };
  for (let again = 0; again < 2; again++)
    assert.deepEqual((await weightsToScore(folder, plan, 3, w2, named(second))).data, second.data);
  // Round 4 was missed.
  const fourth = weights();
  await writeWeights(path, fourth);
  assert.deepEqual((await weightsToScore(folder, plan, 5, w3, named(fourth))).data, fourth.data);
  await assert.rejects(weightsToScore(folder, plan, 6, w3, named(weights())), { code: "MODEL_DAMAGED" });
  assert.equal(folder.read().average, null, "the next attempt downloads it");
});

test("only who missed a round needs more than the model", () => {
  const [model, average, made1] = ["a", "b", "c"].map((letter) => ({ sha256: letter.repeat(64), bytes: 1 }));
  assert.ok(model !== undefined && average !== undefined && made1 !== undefined);
  const file = (name: string, sha256: string) => ({ file: name, sha256 });
  const assignment = (more: Partial<Assignment>) => ({ round: 5, model, ...more });
  const sent = { round: 3, amount: 1, update: file("sent.3.safetensors", "d".repeat(64)) };
  const previous = { round: 3, update: "d".repeat(64), model: made1 };
  assert.deepEqual(needs(NOTHING_KEPT, assignment({})), []);
  assert.deepEqual(needs({ ...NOTHING_KEPT, sent }, assignment({ previous })), ["previous"]);
  assert.deepEqual(needs({ ...NOTHING_KEPT, sent }, assignment({ previous: { ...previous, model } })), []);
  assert.deepEqual(needs(NOTHING_KEPT, assignment({ previous })), [], "an update that is lost cannot be worked in");
  assert.deepEqual(needs(NOTHING_KEPT, assignment({ average })), ["average"]);
  assert.deepEqual(needs(NOTHING_KEPT, assignment({ average: model })), [], "the first average is the first model");
  const kept = (round: number) => ({ ...NOTHING_KEPT, average: { round, weights: file("average.3.safetensors", "e".repeat(64)) } }); // prettier-ignore
  assert.deepEqual(needs(kept(3), assignment({ average })), []);
  assert.deepEqual(needs(kept(2), assignment({ average })), ["average"]);
});

test("what a site counts for follows the plan's weighting, as far as the site can tell", () => {
  const by = (weighting: "cases" | "voxels" | "equal" | "classes"): number =>
    amountOf({ ...plan, aggregation: { ...plan.aggregation, weighting } }, numbers);
  assert.deepEqual([by("cases"), by("voxels"), by("equal"), by("classes")], [8, 30, 1, 1]);
});
