import assert from "node:assert/strict";
import { test } from "node:test";
import { z } from "zod";
import { parsePlan, planSchema } from "./plan.js";
import type { PlanInput } from "./plan.js";
import { beyond, FIRST_COORDINATOR_WORDS, FIRST_SITE_WORDS, readableBy } from "./understanding.js";

interface JsonSchema {
  readonly enum?: readonly string[];
  readonly anyOf?: readonly JsonSchema[];
  readonly properties?: Readonly<Record<string, JsonSchema>>;
}

const plan = (changes: Partial<PlanInput> = {}) =>
  parsePlan({ name: "p", classes: ["a", "b"], inputs: ["T1w", "FLAIR"], spacing: [2, 2, 2], rounds: 9, ...changes });

/** As 0.1.0 (commit 9d8aae3) wrote a plan into its assignments: these keys and no others. */
const FIRST = {
  name: "p",
  classes: ["a", "b"],
  inputs: ["T1w", "FLAIR"],
  spacing: [2, 2, 2],
  model: { preset: "small" },
  loss: "ace-dice",
  training: {
    patch: [32, 32, 32],
    batch: 7,
    steps: 10,
    optimizer: "sgd",
    momentum: 0.9,
    schedule: "constant",
    sampling: "by-class",
    augmentation: true,
    proximal: 0,
    clipNorm: 0,
    checkpointing: false,
    precision: "float32",
    holdout: 0.15,
  },
  aggregation: { strategy: "fedavg", weighting: "cases", head: "average" },
  rounds: 9,
  quorum: { sites: 2, perClass: 1, deadline: 1_800_000 },
  seed: 0,
};

test("a site that says nothing gets a plan as the first version had it, whatever has come since and is the coordinator's affair", () => {
  assert.deepEqual(readableBy(plan()), FIRST);
  const init = { run: "r", round: 1, tensors: "0".repeat(64) };
  const words = { strategy: "fedavgm", momentum: 0.1, serverRate: 2, weighting: "classes" } as const;
  const aggregation = { ...words, average: { kind: "none", decay: 0.1 } } as const;
  const busy = plan({ init, stop: { patience: 3 }, best: ["dice:b"], aggregation });
  assert.deepEqual(readableBy(busy), FIRST);
  assert.deepEqual(beyond(busy), []);
  const model = { filters: 4, levels: 2, blocks: 2, norm: "group" } as const;
  assert.deepEqual(readableBy(plan({ model })), { ...FIRST, model });
  assert.deepEqual([busy.stop?.patience, busy.best], [3, ["dice:b"]], "the run's own plan stays what it is");
  assert.ok(!("best" in (readableBy(busy, ["plan-2"]) as object)), "nor do later sites have to know it");
});

test("every key of a plan is one of the first version's or is not sent to such a site", () => {
  const shapes = { "": planSchema, training: planSchema.shape.training, aggregation: planSchema.shape.aggregation };
  const keys = (schema: { readonly unwrap?: () => unknown }): string[] =>
    Object.keys(((schema.unwrap?.() ?? schema) as { readonly shape: object }).shape);
  const first = { "": FIRST, training: { ...FIRST.training, learningRate: 0 }, aggregation: FIRST.aggregation };
  const later = ["init", "stop", "best", "smallest", "intensity", "dropInputs", "correction", "absentPrior"];
  const known = new Set([...later, "momentum", "serverRate", "average"]);
  for (const [name, schema] of Object.entries(shapes)) {
    const unknown = keys(schema as never).filter(
      (key) => !(key in first[name as keyof typeof first]) && !known.has(key),
    );
    assert.deepEqual(unknown, [], "a new key: say in understanding.ts whether sites have to know of it, then here");
  }
});

test("every word that a plan may use is the first version's, or one that such a site is not asked for", () => {
  const known = { ...FIRST_SITE_WORDS, ...FIRST_COORDINATOR_WORDS };
  const words = new Map<string, readonly string[]>();
  const collect = (schema: JsonSchema, path: readonly string[]): void => {
    if (schema.enum !== undefined) words.set(path.join("."), schema.enum);
    for (const form of schema.anyOf ?? []) collect(form, path);
    for (const [name, inner] of Object.entries(schema.properties ?? {})) collect(inner, [...path, name]);
  };
  collect(z.toJSONSchema(planSchema, { io: "input", unrepresentable: "any" }) as JsonSchema, []);
  // Keys that came later say by themselves that they are asked for.
  for (const later of ["training.correction", "aggregation.average.kind"]) assert.ok(words.delete(later), later);
  assert.deepEqual([...words.keys()].sort(), Object.keys(known).sort());
  for (const [key, first] of Object.entries(known)) {
    assert.deepEqual(
      first.filter((word) => words.get(key)?.includes(word) !== true),
      [],
      `${key}: no word is taken away`,
    );
  }
});

test("what a plan asks of sites beyond the first version is named, and asked of those who say that they know it", () => {
  const wishes: readonly (readonly [string, Partial<PlanInput>])[] = [
    ["training.dropInputs", { training: { dropInputs: 0.1 } }],
    ["training.correction", { training: { correction: "control-variates" } }],
    ["training.intensity: strong", { training: { intensity: "strong" } }],
    ["training.absentPrior", { training: { absentPrior: 1 } }],
    ["aggregation.average", { aggregation: { average: { kind: "ema" } } }],
    ["smallest", { smallest: { b: 1 } }],
    ["rounds: 0", { rounds: 0 }],
    ["training.schedule: cooldown", { training: { schedule: "cooldown" } }],
  ];
  for (const [key, changes] of wishes) {
    assert.deepEqual(beyond(plan(changes)), [key]);
    assert.deepEqual(beyond(plan(changes), ["metrics", "telepathy"]), [key]);
    assert.deepEqual(beyond(plan(changes), ["telepathy", "plan-2"]), []);
    assert.deepEqual(parsePlan(readableBy(plan(changes), ["plan-2"])), plan(changes));
  }
});
