import assert from "node:assert/strict";
import { test } from "node:test";
import { z } from "zod";
import { labelMapSchema } from "../labels/index.js";
import { planSchema } from "../protocol/index.js";
import { complaints } from "./complaints.js";
import { nearest } from "./spelling.js";

const good = { name: "x", classes: ["a", "b"], inputs: ["T1w"], spacing: [1, 1, 1], rounds: 3 };

/** What is said, without the full stops. */
function said(schema: z.ZodType, value: unknown): readonly string[] {
  return complaints(schema, value).map((line) => line.replace(/\.$/, ""));
}

/** What is said of the good plan with `changes`; a key changed to undefined is left out. */
function ofPlan(changes: Readonly<Record<string, unknown>>): readonly string[] {
  const entries = Object.entries<unknown>({ ...good, ...changes }).filter(([, value]) => value !== undefined);
  return said(planSchema, Object.fromEntries(entries));
}

test("a plan with a missing or misspelt key is told so by its name, and by what it was written as", () => {
  assert.deepEqual(ofPlan({}), []);
  assert.deepEqual(ofPlan({ classes: undefined }), ["classes is missing"]);
  assert.deepEqual(ofPlan({ classes: undefined, clases: ["a"] }), ["classes is missing; did you mean it by clases?"]);
  assert.deepEqual(ofPlan({ classes: undefined, Classes: ["a"] }), ["classes is missing; did you mean it by Classes?"]);
  assert.deepEqual(ofPlan({ sead: 3 }), ["sead is not known; did you mean seed?"]);
  assert.deepEqual(ofPlan({ colour: 3 }), ["colour is not known"]);
  assert.deepEqual(ofPlan({ training: { lerningRate: 1 } }), [
    "training.lerningRate is not known; did you mean learningRate?",
  ]);
  assert.deepEqual(ofPlan({ patch: [8, 8, 8] }), ["patch is not known; did you mean training.patch?"]);
});

test("a wrong value is told with what it must be, what it is, and what it may be meant for", () => {
  assert.deepEqual(ofPlan({ loss: "acedice" }), [
    'loss must be one of ace-dice, ace, ce, dice; it is "acedice"; did you mean ace-dice?',
  ]);
  assert.deepEqual(ofPlan({ inputs: "T1w" }), ['inputs must be a list; it is "T1w"']);
  assert.deepEqual(ofPlan({ training: { patch: [1.5, 8, "x"], batch: 0 } }), [
    "training.patch.0 must be a whole number; it is 1.5",
    'training.patch.2 must be a number; it is "x"',
    "training.batch must be at least 1; it is 0",
  ]);
  assert.deepEqual(ofPlan({ spacing: [1, 1] }), ["spacing must have at least 3 entries; it is [1,1]"]);
  assert.deepEqual(ofPlan({ quorum: { deadline: "5 min" } }), [
    'quorum.deadline is not right: a duration such as 45s, 30m, 2h; it is "5 min"',
  ]);
  assert.deepEqual(said(planSchema, null), ["the whole of it must be a mapping of keys to values; it is null"]);
});

test("where something may have several forms, the one that it comes nearest to is spoken of", () => {
  assert.deepEqual(ofPlan({ model: { presett: "tiny" } }), ["model.preset is missing; did you mean it by presett?"]);
  assert.deepEqual(said(labelMapSchema, { value: { 0: "rest" } }), ["values is missing; did you mean it by value?"]);
  assert.deepEqual(said(labelMapSchema, { kind: "tisue" }), [
    'kind must be one of tissue, lesion; it is "tisue"; did you mean tissue?',
  ]);
  assert.deepEqual(said(labelMapSchema, { values: { 1: "res" } }), [
    'values.1 must be one of rest, ignore, or must be a list; it is "res"; did you mean rest?',
  ]);
  assert.deepEqual(said(labelMapSchema, { kind: "tissue", values: { 0: "rest" } }), [
    "values cannot stand beside what else is there",
  ]);
});

test("what is quoted is short and acts on no terminal", () => {
  const schema = z.strictObject({ a: z.number() });
  const [line = ""] = said(schema, { a: `\u001b[2J${"x".repeat(1000)}` });
  assert.ok(line.length < 100 && !line.includes("\u001b"), line);
  assert.deepEqual(said(schema, { a: 1, "\u001b[2J": 1 }), ["\\x1b[2J is not known"]);
});

test("what is said can be read one after the other", () => {
  const { name, inputs, spacing } = good;
  assert.equal(
    complaints(planSchema, { name, inputs, spacing, clases: ["a"] }).join(" "),
    "classes is missing; did you mean it by clases? rounds is missing.",
  );
});

test("slips of the pen are found, other words are not", () => {
  const words = ["learningRate", "classes", "seed", "model"];
  for (const [written, meant] of [
    ["lerningrate", "learningRate"],
    ["calsses", "classes"],
    ["seeds", "seed"],
    ["modle", "model"],
    ["sd", undefined],
    ["deadline", undefined],
    ["", undefined],
  ] as const) {
    assert.equal(nearest(written, words), meant, written);
  }
});
