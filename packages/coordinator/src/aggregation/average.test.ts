import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import test from "node:test";
import { isFedaceError } from "@fedace/ace-core/foundation";
import { initialise, networkOf, tensorSpecs } from "@fedace/ace-core/model/architecture";
import { parsePlan } from "@fedace/ace-core/protocol";
import type { PlanInput } from "@fedace/ace-core/protocol";
import { decodeSafetensors, encodeSafetensors, views, weightSet } from "@fedace/ace-core/tensors";
import type { WeightSet } from "@fedace/ace-core/tensors";
import type { Counted } from "../rounds/index.js";
import { fileObjects } from "../store/index.js";
import { temporaryFolder } from "../testing/coordinator.js";
import { averageRound } from "./index.js";

const CLASSES = ["background", "CSF", "GM", "WM", "lesion"];

function plan(aggregation: NonNullable<PlanInput["aggregation"]>): ReturnType<typeof parsePlan> {
  const model = { preset: "tiny" } as const;
  return parsePlan({ name: "t", classes: CLASSES, inputs: ["T1w"], spacing: [2, 2, 2], rounds: 1, model, aggregation });
}

const network = networkOf(plan({}));
const specs = tensorSpecs(network);

const counted = (site: string, kind: "tissue" | "lesion", cases: number, voxels: Record<string, number>): Counted => ({
  site,
  cases,
  voxels,
  labels: { kind },
  sha256: "",
  bytes: 0,
});

/** Averages the weights of two sites and returns the result with its name in the store. */
async function average(
  folder: string,
  aggregation: NonNullable<PlanInput["aggregation"]>,
  sites: readonly Counted[],
  signal = new AbortController().signal,
): Promise<{ readonly weights: WeightSet; readonly sha256: string }> {
  const objects = fileObjects(folder);
  const path = (site: string): string => join(folder, `${site}.safetensors`);
  const input = { plan: plan(aggregation), specs, counted: sites, path, objects, signal, absent: [] };
  const { sha256 } = (await averageRound({ ...input, model: { sha256: "", bytes: 0 }, state: [] })).model;
  const file = await objects.open(sha256, "now");
  const { weights } = decodeSafetensors(await file.readFile());
  await file.close();
  return { weights, sha256 };
}

/** Files of site a, all weights those of seed 1, and of site b, of seed 2. */
function scene(folder: string): readonly [WeightSet, WeightSet] {
  const [a, b] = [initialise(network, 1), initialise(network, 2)];
  writeFileSync(join(folder, "a.safetensors"), encodeSafetensors(a, { note: "headers may differ" }));
  writeFileSync(join(folder, "b.safetensors"), encodeSafetensors(b));
  return [a, b];
}

const A = counted("a", "tissue", 30, { background: 999, CSF: 5, GM: 5 });
const B = counted("b", "lesion", 10, { lesion: 90 });

test("updates are averaged by cases, by annotated voxels or equally, as the plan says", async (t) => {
  const folder = temporaryFolder(t);
  const [a, b] = scene(folder);
  for (const [weighting, share] of [
    ["cases", 0.75],
    // 10 to 90, but for the largest share that one site may have.
    ["voxels", 0.2],
    ["equal", 0.5],
  ] as const) {
    const { weights } = await average(folder, { weighting }, [A, B]);
    // The sum in float64, rounded to float32 once.
    const expected = a.data.map((value, i) => share * value + (1 - share) * (b.data[i] ?? 0));
    const worst = weights.data.reduce((most, value, i) => Math.max(most, Math.abs(value - (expected[i] ?? 0))), 0);
    assert.ok(worst < 1e-7, `${weighting}: ${worst}`);
  }
});

test("the same updates make the same object, to the last bit", async (t) => {
  const folder = temporaryFolder(t);
  scene(folder);
  const first = await average(folder, {}, [A, B]);
  assert.equal((await average(folder, {}, [A, B])).sha256, first.sha256);
});

test("with head: annotating a class's bias comes from the sites that annotate it", async (t) => {
  const folder = temporaryFolder(t);
  const [a, b] = [weightSet(specs), weightSet(specs)];
  views(a).get("head.bias")?.set([5, 0, 0, 0, 0]);
  views(b).get("head.bias")?.set([0, 0, 0, 0, 10]);
  writeFileSync(join(folder, "a.safetensors"), encodeSafetensors(a));
  writeFileSync(join(folder, "b.safetensors"), encodeSafetensors(b));
  const { weights } = await average(folder, { head: "annotating" }, [A, B]);
  // Centred: a is [4, -1, -1, -1, -1], b is [-2, -2, -2, -2, 8]; the lesion is b's alone, the rest a's alone.
  assert.deepEqual([...(views(weights).get("head.bias") ?? [])], [4, -1, -1, -1, 8]);
});

test("an averaging that is broken off leaves nothing, and one without anything to weigh by says so", async (t) => {
  const folder = temporaryFolder(t);
  scene(folder);
  const controller = new AbortController();
  controller.abort();
  await assert.rejects(average(folder, {}, [A, B], controller.signal), { name: "AbortError" });
  const none = [counted("a", "tissue", 1, {}), counted("b", "lesion", 1, {})];
  await assert.rejects(average(folder, { weighting: "voxels" }, none), (error) =>
    isFedaceError(error, "TRAINING_NO_CASES"),
  );
});
