import { openEngine } from "@fedace/ace-core/engine";
import { seededRandom } from "@fedace/ace-core/foundation";
import { labelSpace, resolveLabelMap } from "@fedace/ace-core/labels";
import { initialise, networkOf } from "@fedace/ace-core/model";
import { parsePlan } from "@fedace/ace-core/protocol";
import { l2norm, subtract } from "@fedace/ace-core/tensors";
import type { WeightSet } from "@fedace/ace-core/tensors";
import { localRound } from "@fedace/ace-core/training";
import type { TrialResult } from "./trial.js";

/** Started by `trial.ts` with the folder of engines: prints its results as one line of JSON. */
const SIDE = 12;
const classes = ["background", "tissue"];
const plan = parsePlan({
  name: "trial",
  classes,
  inputs: ["T1w"],
  spacing: [1, 1, 1],
  model: { filters: 4, levels: 2, blocks: 1 },
  training: { patch: [8, 8, 8], batch: 2, steps: 1 },
  rounds: 1,
});
const labelMap = resolveLabelMap({ values: { 0: ["background"], 1: ["tissue"] } }, labelSpace(classes));
const start = initialise(networkOf(plan), 1);

/** A bright block in noise. */
function block(): { image: Float32Array; labels: Uint8Array } {
  const random = seededRandom(1);
  const inside = (i: number): boolean =>
    [i % SIDE, Math.floor(i / SIDE) % SIDE, Math.floor(i / SIDE ** 2)].every((x) => x > 3 && x < 9);
  const labels = Uint8Array.from({ length: SIDE ** 3 }, (_, i) => Number(inside(i)));
  return { labels, image: Float32Array.from(labels, (label) => label + random.normal()) };
}

async function update(choice: "plain" | "tensorflow" | "wasm"): Promise<{ device: string; update: WeightSet }> {
  const engine = await openEngine({ choice, engines: process.argv.slice(2) });
  const cases = [{ index: 0, size: [SIDE, SIDE, SIDE] as const, channels: 1, ...block() }];
  const { weights } = await localRound({ plan, round: 1, weights: start, cases, labelMap, site: "trial" });
  const { device } = engine;
  await engine.close();
  return { device, update: subtract(weights, start) };
}

const { update: expected } = await update("plain");
const results: TrialResult[] = [];
for (const engine of ["wasm", "tensorflow"] as const) {
  const found = await update(engine);
  const difference = l2norm(subtract(found.update, expected)) / l2norm(expected);
  results.push({ engine, device: found.device, difference });
}
process.stdout.write(`${JSON.stringify(results)}\n`);
