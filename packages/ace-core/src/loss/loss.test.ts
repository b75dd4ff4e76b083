import assert from "node:assert/strict";
import { test } from "node:test";
import { diceTargets } from "../engine/ops/index.js";
import { labelSpace, resolveLabelMap } from "../labels/index.js";
import { lossTerms } from "./terms.js";

const space = labelSpace(["background", "CSF", "GM", "WM", "lesion"]);
const lesion = resolveLabelMap({ kind: "lesion" }, space);

test("ace-dice is ACE and marginal Dice over the site's own sets", () => {
  const ace = { kernel: "FedaceAce", attributes: { sets: [15, 16] } };
  assert.deepEqual(lossTerms("ace", lesion), [ace]);
  const dice = { kernel: "FedaceMarginalDice", attributes: { sets: [15, 16], foreground: [1] } };
  assert.deepEqual(lossTerms("ace-dice", lesion), [ace, dice]);
});

test("the naive losses call a lesion archive's rest background and score classes it never labels", () => {
  assert.deepEqual(lossTerms("ce", lesion), [{ kernel: "FedaceAce", attributes: { sets: [1, 16] } }]);
  assert.deepEqual(lossTerms("dice", lesion), [
    { kernel: "FedaceMarginalDice", attributes: { sets: [1, 16, 2, 4, 8, 16], foreground: [2, 3, 4, 5] } },
  ]);
});

test("a voxel is inside a scored set, outside it, or does not tell", () => {
  const sets = [0b00001, 0b01000, 0b11000, 0b11111, 0b10000];
  // Scored: {WM} and {WM, lesion}. Labels: background, WM, WM or lesion, ignore, lesion.
  assert.deepEqual([...diceTargets(sets, [1, 2])], [0, 0, 1, 1, -1, 1, -1, -1, 0, 1]);
});
