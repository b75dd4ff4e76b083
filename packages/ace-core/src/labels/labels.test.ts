import assert from "node:assert/strict";
import { test } from "node:test";
import { isFedaceError } from "../foundation/index.js";
import { coverage, requireCoverage } from "./coverage.js";
import { resolveLabelMap } from "./map.js";
import { naiveSets } from "./naive.js";
import { labelMapSchema } from "./schema.js";
import { setOf } from "./sets.js";
import { labelSpace } from "./space.js";
import type { LabelMapConfig } from "./types.js";
import { indexLabels } from "./volume.js";

const space = labelSpace(["background", "CSF", "GM", "WM", "lesion"]);
const tissue = resolveLabelMap({ kind: "tissue" }, space);
const lesion = resolveLabelMap({ kind: "lesion" }, space);

function fails(code: string, text: RegExp, action: () => unknown): void {
  assert.throws(action, (error) => isFedaceError(error, code) && text.test(error.message));
}

test("the presets mean the sets of the method: tissue one class each, lesion background the union of the rest", () => {
  assert.deepEqual(tissue.sets, [0b00001, 0b00010, 0b00100, 0b01000]);
  assert.deepEqual(tissue.foreground, [1, 2, 3]);
  assert.deepEqual(tissue.annotated, [0, 1, 2, 3]);
  assert.deepEqual(lesion.sets, [0b01111, 0b10000]);
  assert.deepEqual(lesion.foreground, [1]);
  assert.deepEqual(lesion.annotated, [4]);
});

test("a tissue archive whose WM may hold lesions annotates neither WM nor lesion", () => {
  const map = resolveLabelMap(
    { values: { 0: ["background"], 1: ["CSF"], 2: ["GM"], 3: ["WM", "lesion"], 255: "ignore" } },
    space,
  );
  assert.deepEqual(map.sets, [1, 2, 4, 0b11000, 0b11111]);
  assert.deepEqual(map.foreground, [1, 2, 3]);
  assert.deepEqual(map.annotated, [0, 1, 2]);
});

test("the background is the first class whatever its name, the lesion class the only other one", () => {
  const other = labelSpace(["nothing", "GM", "WM", "CSF", "tumour"]);
  assert.deepEqual(resolveLabelMap({ kind: "tissue" }, other).sets, [1, 8, 2, 4]);
  assert.deepEqual(resolveLabelMap({ kind: "lesion" }, other).sets, [15, 16]);
  const two = labelSpace(["b", "GM", "tumour", "oedema"]);
  fails("LABEL_CLASS_UNKNOWN", /tumour or oedema/, () => resolveLabelMap({ kind: "lesion" }, two));
  fails("LABEL_CLASS_UNKNOWN", /"CSF"/, () => resolveLabelMap({ kind: "tissue" }, two));
});

test("values that share a meaning share an index, and Dice counts the set once", () => {
  const map = resolveLabelMap({ values: { 0: "rest", 1: ["lesion"], 2: ["lesion"] } }, space);
  assert.deepEqual(map.foreground, [1]);
  assert.deepEqual([...indexLabels([0, 2, 1, 2, 0], map)], [0, 1, 1, 1, 0]);
});

test("class lists that no model can have are refused", () => {
  const many = (n: number): string[] => Array.from({ length: n }, (_, k) => `c${k}`);
  assert.equal(labelSpace(many(31)).classes.length, 31);
  assert.equal(labelSpace(many(2)).classes.length, 2);
  fails("LABEL_CLASSES_INVALID", /32 given/, () => labelSpace(many(32)));
  fails("LABEL_CLASSES_INVALID", /1 given/, () => labelSpace(many(1)));
  fails("LABEL_CLASSES_INVALID", /"GM" is there twice/, () => labelSpace(["b", "GM", "GM"]));
  fails("LABEL_CLASSES_INVALID", /" GM"/, () => labelSpace(["b", " GM"]));
});

test("with 31 classes the masks stay exact", () => {
  const wide = labelSpace(Array.from({ length: 31 }, (_, k) => `c${k}`));
  const map = resolveLabelMap({ values: { 0: "rest", 1: ["c30"], 2: "ignore" } }, wide);
  assert.deepEqual(map.sets, [2 ** 30 - 1, 2 ** 30, 2 ** 31 - 1]);
  assert.deepEqual(map.annotated, [30]);
});

const contradictions: [string, LabelMapConfig, RegExp][] = [
  ["two rests", { values: { 0: "rest", 1: ["GM"], 2: "rest" } }, /0 and 2 are both `rest`/],
  ["an empty set", { values: { 0: "rest", 1: [] } }, /value 1 means no class/],
  ["a rest of nothing", { values: { 0: "rest", 1: ["background", "CSF", "GM"], 2: ["WM", "lesion"] } }, /every class/],
  ["only background and ignore", { values: { 0: ["background"], 1: "ignore" } }, /nothing to learn/],
  ["a class twice in one value", { values: { 0: "rest", 1: ["GM", "GM"] } }, /"GM" twice/],
  ["a fractional value", { values: { 0: "rest", "1.5": ["GM"] } }, /"1.5" is not an integer/],
  ["a value that is no number", { values: { zero: "rest", 1: ["GM"] } }, /"zero"/],
  ["a value beyond 32 bits", { values: { 0: "rest", 2147483648: ["GM"] } }, /2147483648/],
];
for (const [name, config, text] of contradictions) {
  test(`a label map with ${name} contradicts itself`, () => {
    fails("LABEL_MAP_CONTRADICTION", text, () => resolveLabelMap(config, space));
  });
}

test("an unknown class is named together with those the plan has", () => {
  fails("LABEL_CLASS_UNKNOWN", /"gm".*background, CSF, GM/, () =>
    resolveLabelMap({ values: { 0: "rest", 1: ["gm"] } }, space),
  );
});

test("label values outside the map are listed with their number of voxels", () => {
  fails("LABEL_VALUE_UNMAPPED", /holds 2 \(3 voxels\), 7 \(1 voxel\); its label map knows 0, 1/, () =>
    indexLabels(Int16Array.of(0, 2, 2, 1, 7, 0, 2), lesion),
  );
  fails("LABEL_VALUE_UNMAPPED", /NaN|0\.5/, () => indexLabels([0.5, Number.NaN, Number.NaN], lesion));
});

test("negative label values are values like any other", () => {
  const map = resolveLabelMap({ values: { "-1": "ignore", 0: "rest", 1: ["lesion"] } }, space);
  assert.deepEqual(map.values, [-1, 0, 1]);
  assert.deepEqual([...indexLabels([1, -1, 0], map)], [2, 0, 1]);
});

test("a tissue and a lesion site cover the run; either alone does not", () => {
  assert.deepEqual(coverage(space, [tissue, lesion]), []);
  fails("RUN_CLASS_UNCOVERED", /no site's labels show lesion \(1 sites\)/, () => {
    requireCoverage(space, [tissue]);
  });
  fails("RUN_CLASS_UNCOVERED", /show CSF, GM, WM/, () => {
    requireCoverage(space, [lesion]);
  });
});

test("classes that always come together are not covered, and both are named", () => {
  const mixed = resolveLabelMap({ values: { 0: ["background"], 1: ["CSF"], 2: ["GM"], 3: ["WM", "lesion"] } }, space);
  assert.deepEqual(coverage(space, [mixed]), [
    { class: "WM", unlabelled: false, confused: ["lesion"] },
    { class: "lesion", unlabelled: false, confused: ["WM"] },
  ]);
  fails("RUN_CLASS_UNCOVERED", /tell apart WM and lesion/, () => {
    requireCoverage(space, [mixed]);
  });
  assert.deepEqual(coverage(space, [mixed, lesion]), []);
});

test("ignore teaches nothing, and a class that may always be background is not shown", () => {
  const vague = resolveLabelMap({ values: { 0: ["background", "lesion"], 1: ["CSF"], 2: ["GM"], 3: ["WM"] } }, space);
  assert.deepEqual(
    coverage(space, [vague]).map((entry) => entry.class),
    ["background", "lesion"],
  );
  const three = labelSpace(["background", "GM", "lesion"]);
  const ignoring = resolveLabelMap({ values: { 0: ["background"], 1: ["GM"], 2: "ignore" } }, three);
  assert.deepEqual(coverage(three, [ignoring]), [{ class: "lesion", unlabelled: true, confused: [] }]);
});

test("coverage of no sites names every class", () => {
  assert.equal(coverage(space, []).length, 5);
});

test("the naive baselines take the rest for background and keep ignore", () => {
  assert.deepEqual(naiveSets(tissue), tissue.sets);
  assert.deepEqual(naiveSets(lesion), [1, 16]);
  const map = resolveLabelMap({ values: { 0: "rest", 1: ["WM", "lesion"], 2: "ignore" } }, space);
  assert.deepEqual(naiveSets(map), [1, setOf(3), 31]);
});

test("the schema takes the written forms and refuses unknown keys, meanings and empty maps", () => {
  for (const good of [{ kind: "tissue" }, { values: { "0": "rest", "1": ["lesion"], "-3": "ignore" } }]) {
    assert.deepEqual(labelMapSchema.parse(good), good);
  }
  const many = Object.fromEntries(Array.from({ length: 257 }, (_, i) => [String(i), ["GM"]]));
  for (const bad of [
    { kind: "stroke" },
    { kind: "tissue", extra: 1 },
    { values: {} },
    { values: { "0": "all" } },
    { values: { "0": [] } },
    { values: { x: ["GM"] } },
    { values: many },
    {},
    [],
  ]) {
    assert.equal(labelMapSchema.safeParse(bad).success, false, JSON.stringify(bad).slice(0, 60));
  }
});
