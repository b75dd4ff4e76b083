import assert from "node:assert/strict";
import test from "node:test";
import { keptBack, scoreTable, unscored } from "./scores.js";
import { bestModel } from "./index.js";
import type { EvaluationRow } from "./index.js";

const classes = ["background", "CSF", "lesion"];

function row(round: number, site: string, more: Partial<EvaluationRow>): EvaluationRow {
  return { round, site, cases: 4, dice: {}, ...more };
}

test("figures of all sites are means by the cases of each figure, with the interval of all these cases", () => {
  const [scores] = scoreTable(classes, [
    row(2, "a", {
      dice: { CSF: 0.5 },
      metrics: { hd95: { CSF: 4 }, falseVolume: { lesion: 2 } },
      spread: { dice: { CSF: { cases: 4, deviation: 0.1 } }, hd95: { CSF: { cases: 3, deviation: 0 } } },
    }),
    row(2, "b", {
      dice: { CSF: 0.8 },
      metrics: { hd95: { CSF: 8 } },
      spread: { dice: { CSF: { cases: 2, deviation: 0.05 } }, hd95: { CSF: { cases: 1, deviation: 0 } } },
    }),
    row(2, "none", { cases: 0, metrics: { hd95: { CSF: 100 } } }),
  ]);
  const { dice, hd95, falseVolume } = scores?.pooled ?? {};
  // .5 ± .1 of four cases and .8 ± .05 of two: squares 4 (.01 + .01) + 2 (.0025 + .04), by 5, by 6; t of 5 is 2.5706.
  const half = 2.570582 * Math.sqrt((4 * 0.02 + 2 * 0.0425) / 5 / 6);
  assert.ok(Math.abs((dice?.["CSF"]?.mean ?? 0) - 0.6) < 1e-12);
  assert.equal(dice?.["CSF"]?.cases, 6);
  for (const [i, bound] of [0.6 - half, 0.6 + half].entries())
    assert.ok(Math.abs((dice["CSF"].interval?.[i] ?? NaN) - bound) < 1e-6);
  assert.deepEqual([hd95?.["CSF"]?.mean, hd95?.["CSF"]?.cases], [5, 4], "HD95 is known of fewer cases than Dice");
  assert.deepEqual(falseVolume, { lesion: { mean: 2, cases: 4, interval: null } }, "of which the site says no more");
});

test("a class that nobody can assess is unassessed, one that sites keep to themselves is withheld, by name", () => {
  const table = scoreTable(classes, [
    row(2, "a", { dice: { CSF: 0.5, lesion: null } }),
    row(2, "b", { dice: { lesion: null }, withheld: { dice: ["lesion"] } }),
    row(3, "a", { dice: { CSF: 0.5, lesion: null } }),
  ]);
  assert.deepEqual(
    table.map(({ unassessed, withheld }) => [unassessed, withheld]),
    [
      [[], ["lesion"]],
      [["lesion"], []],
    ],
  );
  assert.deepEqual(unscored(table), [], "it is assessed, if for nobody to see");
  assert.deepEqual(keptBack(table), [{ class: "lesion", sites: ["b"] }]);
  assert.deepEqual(unscored(table.slice(1)), ["lesion"]);
  const given = [...table, ...scoreTable(classes, [row(4, "c", { dice: { CSF: 0.5, lesion: 0.1 } })])];
  assert.deepEqual([unscored(given), keptBack(given)], [[], []]);
});

test("what the plan names chooses the best model: one class, lesions found, or a mean of keys", () => {
  const scored = (round: number, csf: number, lesion: number | null, f1?: number): EvaluationRow[] => [
    row(round, "a", { dice: { CSF: csf } }),
    row(round, "b", { dice: { lesion }, ...(f1 === undefined ? {} : { metrics: { lesionF1: { lesion: f1 } } }) }),
  ];
  const table = scoreTable(classes, [
    ...scored(1, 1, 1, 1),
    ...scored(2, 0.9, 0.2, 0.3),
    ...scored(3, 0.5, 0.7, 0.1),
    ...scored(4, 0.4, 0.6, 0.9),
    ...scored(5, 0.95, null),
  ]);
  const best = (...keys: string[]): number | undefined => bestModel(table, keys)?.model;
  assert.equal(bestModel(table)?.model, 2, "the mean Dice, as without the key");
  assert.equal(best("dice"), 2);
  assert.equal(best("dice:CSF"), 4, "a class that nobody has assessed there does not matter");
  assert.equal(best("dice:lesion"), 2);
  assert.equal(best("lesionF1"), 3);
  assert.equal(best("lesionF1:lesion", "dice:CSF"), 3, ".65 against .6 and .3");
  assert.equal(best("lesionF1", "dice:CSF", "dice:CSF", "dice:CSF"), 1, "a key counts as often as it is named");
  assert.equal(best("lesionRecall"), undefined, "nobody says");
});
