import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { aggregateChunk, siteWeights } from "../aggregation/index.js";
import { openEngine } from "../engine/index.js";
import type { Engine } from "../engine/index.js";
import { seededRandom } from "../foundation/index.js";
import { labelSpace, resolveLabelMap } from "../labels/index.js";
import { initialise, modelSpec } from "../model/index.js";
import { parsePlan } from "../protocol/index.js";
import type { Plan } from "../protocol/index.js";
import type { WeightSet } from "../tensors/index.js";
import { evaluate, localRound } from "./index.js";
import type { TrainingCase } from "./index.js";

const CLASSES = ["background", "GM", "WM", "lesion"];
const space = labelSpace(CLASSES);
const maps = {
  tissue: resolveLabelMap({ values: { 0: ["background"], 1: ["GM"], 2: ["WM"] } }, space),
  lesion: resolveLabelMap({ values: { 0: "rest", 1: ["lesion"] } }, space),
  joint: resolveLabelMap({ values: { 0: ["background"], 1: ["GM"], 2: ["WM"], 3: ["lesion"] } }, space),
};
const SIDE = 20;

/** A ball of white matter in a shell of grey matter; at a lesion site also a bright lesion that tissue heads have not. */
function head(index: number, kind: keyof typeof maps): TrainingCase {
  const random = seededRandom(index).fork(kind);
  const place = (spread: number): number[] => [0, 1, 2].map(() => SIDE / 2 + spread * (random.uniform() - 0.5));
  const [centre, lesion] = [place(2), place(5)];
  const contrast = 0.9 + 0.2 * random.uniform();
  const labels = new Uint8Array(SIDE ** 3);
  const image = new Float32Array(SIDE ** 3);
  for (let i = 0; i < labels.length; i++) {
    const at = [Math.floor(i / SIDE ** 2), Math.floor(i / SIDE) % SIDE, i % SIDE];
    const distance = (from: readonly number[]): number => Math.hypot(...at.map((x, axis) => x - (from[axis] ?? 0)));
    const tissue = distance(centre) < 6 ? 2 : distance(centre) < 8.5 ? 1 : 0;
    const truth = kind !== "tissue" && tissue === 2 && distance(lesion) < 2.5 ? 3 : tissue;
    labels[i] = kind === "lesion" ? Number(truth === 3) : truth;
    if (truth > 0) image[i] = ([-1, 0.4, 1.8][truth - 1] ?? 0) * contrast + 0.25 * random.normal();
  }
  return { index, size: [SIDE, SIDE, SIDE], channels: 1, image, labels };
}

const heads = (kind: keyof typeof maps): TrainingCase[] => [1, 2, 3].map((index) => head(index, kind));

/** FedAvg of a tissue site and a lesion site; the joint model's Dice on heads labelled for everything. */
async function joint(loss: Plan["loss"]): Promise<Record<string, number | null>> {
  const plan = parsePlan({
    name: "toy",
    classes: CLASSES,
    inputs: ["T1w"],
    spacing: [1, 1, 1],
    model: { filters: 4, levels: 2, blocks: 1 },
    loss,
    training: { patch: [12, 12, 12], batch: 3, steps: 10 },
    rounds: 20,
  });
  let model: WeightSet = initialise(modelSpec(plan.model, 1, CLASSES.length), plan.seed);
  for (let round = 1; round <= plan.rounds; round++) {
    const train = (site: "tissue" | "lesion"): ReturnType<typeof localRound> =>
      localRound({ plan, round, weights: model, cases: heads(site), labelMap: maps[site], site });
    const updates = [await train("lesion"), await train("tissue")];
    const data = aggregateChunk(
      updates.map(({ weights }) => weights.data),
      siteWeights(updates, "cases"),
    );
    model = { specs: model.specs, data };
  }
  const cases = [head(8, "joint"), head(9, "joint")];
  return (await evaluate({ weights: model, cases, plan, labelMap: maps.joint })).dice;
}

let engine: Engine;
before(async () => {
  engine = await openEngine({ choice: "wasm" });
});
after(() => engine.close());

test("a tissue site and a lesion site teach one network both; naive cross entropy loses tissue to the background", async (t) => {
  const ours = await joint("ace-dice");
  const naive = await joint("ce");
  t.diagnostic(`ace-dice ${JSON.stringify(ours)}, ce ${JSON.stringify(naive)}`);
  for (const name of CLASSES.slice(1)) assert.ok((ours[name] ?? 0) > 0.8, `${name} ${ours[name] ?? NaN}`);
  const tissue = (dice: typeof ours): number => ((dice["GM"] ?? 0) + (dice["WM"] ?? 0)) / 2;
  assert.ok(tissue(naive) < tissue(ours) - 0.1, `${tissue(naive)} against ${tissue(ours)}`);
});
