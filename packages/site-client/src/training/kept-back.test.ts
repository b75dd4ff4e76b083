import assert from "node:assert/strict";
import { test } from "node:test";
import { resolveLabelMap } from "@fedace/ace-core/labels";
import { parsePlan } from "@fedace/ace-core/protocol";
import type { TrainingCase } from "@fedace/ace-core/training";
import { caseDigest } from "../runs/index.js";
import { keptBackFor } from "./kept-back.js";
import type { KeptBack, Part } from "./kept-back.js";

const map = resolveLabelMap({ kind: "lesion" }, { classes: ["background", "lesion"] });
const planOf = (holdout: number): ReturnType<typeof parsePlan> =>
  parsePlan({
    name: "p",
    classes: ["background", "lesion"],
    inputs: ["T1w"],
    spacing: [1, 1, 1],
    training: { holdout },
    rounds: 2,
  });
/** Six cases with 1 to 6 voxels of lesion. */
const cases = Array.from({ length: 6 }, (_, index): TrainingCase => ({
  index,
  size: [1, 1, 8],
  channels: 1,
  image: Float32Array.from({ length: 8 }, () => index),
  labels: Uint8Array.from({ length: 8 }, (_unused, voxel) => (voxel <= index ? 1 : 0)),
}));
const digests = (...indices: readonly number[]): string[] =>
  cases.filter(({ index }) => indices.includes(index)).map(caseDigest);
const nobody: Part = { took: false, rounds: [], witness: undefined, before: undefined };
const kept = (part: Partial<Part>, holdout = 0.34, some = cases): [number[], KeptBack["standing"], number] => {
  const { heldBack, standing, leftOut, training } = keptBackFor(some, map, planOf(holdout), { ...nobody, ...part });
  assert.equal(training.filter((item) => heldBack.includes(item)).length, 0);
  return [heldBack.map(({ index }) => index), standing, leftOut];
};

test("of a run without this site, the cases that it would keep back: the middles of two halves", () => {
  assert.deepEqual(kept({}), [[1, 4], "absent", 0]);
});

test("of a run with this site, those that it kept back then, whatever it would keep back now", () => {
  const witness = { version: 1, rounds: [1, 2], trained: digests(0, 1, 2, 4, 5), keptBack: digests(3) } as const;
  const part = { took: true, rounds: [1, 2], witness: structuredClone(witness) as unknown as Part["witness"] };
  assert.deepEqual(kept(part), [[3], "known", 0]);
  assert.deepEqual(kept({ ...part, rounds: [1, 2, 3] }), [[3], "unknown", 0], "a round that was not written down");
});

test("a case that trained in the run is never scored, and without a record nothing is known", () => {
  const witness = { version: 1 as const, rounds: [1], trained: digests(1), keptBack: digests(1) };
  assert.deepEqual(kept({ took: true, rounds: [1], witness }), [[4], "unknown", 1]);
  assert.deepEqual(kept({ before: witness }), [[4], "absent", 1], "the run that it went on from");
  assert.deepEqual(kept({ took: true, rounds: [1] }), [[1, 4], "unknown", 0]);
});

test("where no case is kept back for good, there is nothing to compare on", () => {
  const no = { code: "COMPARE_NO_CASES" };
  assert.throws(() => kept({}, 0), no);
  assert.throws(() => kept({}, 0.34, cases.slice(0, 3)), no);
  const witness = { version: 1 as const, rounds: [1], trained: digests(0, 1, 2, 3, 4, 5), keptBack: digests(1, 4) };
  assert.throws(() => kept({ took: true, rounds: [1], witness }), no);
});
