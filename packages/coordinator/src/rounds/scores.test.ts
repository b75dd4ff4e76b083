import assert from "node:assert/strict";
import test from "node:test";
import { bestModel, scoreTable, settledScores } from "./index.js";
import type { EvaluationRow } from "./index.js";
import { doubts, lagging, LARGEST_SPREAD, unscored } from "./scores.js";

const classes = ["background", "CSF", "lesion"];
const row = (
  round: number,
  site: string,
  dice: Record<string, number | null>,
  cases = 2,
  metrics?: EvaluationRow["metrics"],
): EvaluationRow => ({ round, site, cases, dice, ...(metrics === undefined ? {} : { metrics }) });

test("a score that arrives in round r is that of the model after round r - 1; means leave out who cannot assess", () => {
  const table = scoreTable(classes, [
    row(2, "a", { CSF: 0.5, lesion: null }),
    row(2, "b", { CSF: 0.75 }),
    row(2, "c", { lesion: 0.25 }),
  ]);
  assert.equal(table[0]?.model, 1);
  assert.deepEqual(table[0].classes, { CSF: 0.625, lesion: 0.25 });
  assert.equal(table[0].mean, 0.4375);
  assert.deepEqual(table[0].sites[1]?.dice, { CSF: 0.75, lesion: null });
});

test("a site without held-back cases assesses nothing", () => {
  const [scores] = scoreTable(classes, [row(1, "a", { CSF: 0, lesion: 0 }, 0)]);
  assert.deepEqual(scores?.classes, { CSF: null, lesion: null });
});

test("the best model is chosen among those scored for every class, and the later one of equals", () => {
  const both = (round: number, csf: number, lesion: number | null): Parameters<typeof scoreTable>[1] => [
    row(round, "a", { CSF: csf }),
    row(round, "b", { lesion }),
  ];
  const table = scoreTable(classes, [
    ...both(1, 0.5, 0.5),
    ...both(2, 1, null),
    ...both(3, 0.25, 0.75),
    ...both(4, 0, 0.9),
  ]);
  assert.equal(table[1]?.mean, null);
  assert.equal(bestModel(table)?.model, 2);
  assert.equal(bestModel(scoreTable(classes, both(1, 1, null))), undefined);
  assert.equal(bestModel(scoreTable(classes, both(2, 0, 0)))?.model, 1, "a mean of 0 is a score");
});

test("scores of a round that is still open are not settled", () => {
  const table = scoreTable(classes, [row(1, "a", { CSF: 0.5 }), row(2, "a", { CSF: 0.5 })]);
  const rounds = [
    { round: 1, closedAt: 5 },
    { round: 2, closedAt: null },
  ];
  assert.deepEqual(
    settledScores(table, rounds, false).map(({ model }) => model),
    [0],
  );
  assert.equal(settledScores(table, rounds, true).length, 2);
});

test("a site that praises the untrained model, or is far from the others, does not choose the best one unseen", () => {
  const honest = (round: number, dice: number): Parameters<typeof scoreTable>[1] => [
    row(round, "a", { CSF: dice, lesion: dice }),
    row(round, "b", { CSF: dice, lesion: dice }),
  ];
  const liar = (round: number, dice: number): Parameters<typeof scoreTable>[1][number] =>
    row(round, "liar", { CSF: dice, lesion: dice });
  const untrained = scoreTable(classes, [...honest(1, 0.1), liar(1, 1), ...honest(2, 0.5), liar(2, 0)]);
  assert.equal(bestModel(untrained)?.model, 1, "the initial model is never the best");
  const three = scoreTable(classes, [...honest(2, 0.4), liar(2, 1), ...honest(3, 0.5), liar(3, 0)]);
  assert.equal(bestModel(three)?.model, 2, "of three sites one cannot move the median");
  const two = scoreTable(classes, [row(2, "a", { CSF: 0.5, lesion: 0.9 }), liar(2, 0.5 + LARGEST_SPREAD + 0.01)]);
  assert.deepEqual(
    two.flatMap(doubts).map(({ class: name, why }) => [name, why]),
    [["CSF", "spread"]],
  );
});

test("a class that one site scores alone is said to be, and one that nobody scores is named", () => {
  const table = scoreTable(classes, [row(2, "a", { CSF: 0.5, lesion: null }), row(3, "a", { CSF: 0.6, lesion: null })]);
  assert.deepEqual(table.flatMap(doubts)[0], { class: "CSF", why: "alone", sites: { a: 0.5 } });
  assert.deepEqual(unscored(table), ["lesion"]);
  assert.deepEqual(unscored([]), []);
});

test("a class below .1 in three models one after the other is lagging, where another is learned", () => {
  const rows = (csf: number, lesions: readonly number[]): Parameters<typeof scoreTable>[1] =>
    lesions.flatMap((lesion, i) => [row(i + 2, "a", { CSF: csf }), row(i + 2, "b", { lesion })]);
  assert.deepEqual(lagging(scoreTable(classes, rows(0.5, [0.05, 0, 0.09]))), ["lesion"]);
  assert.deepEqual(lagging(scoreTable(classes, rows(0.5, [0, 0.1, 0]))), [], "one of the three reaches it");
  assert.deepEqual(lagging(scoreTable(classes, rows(0.5, [0, 0]))), [], "two models are too few to say so");
  assert.deepEqual(lagging(scoreTable(classes, rows(0.05, [0, 0, 0]))), [], "nothing is learned yet");
  const untrained = [row(1, "a", { CSF: 0.5 }), row(1, "b", { lesion: 0 })];
  assert.deepEqual(
    lagging(scoreTable(classes, [...untrained, ...rows(0.5, [0, 0])])),
    [],
    "the untrained model is none",
  );
});

test("scores of sites with few cases are marked", () => {
  const [scores] = scoreTable(classes, [row(2, "a", { CSF: 0.5 }), row(2, "b", { lesion: 0.5 })], new Set(["b"]));
  assert.deepEqual(
    scores?.sites.map(({ site, seen }) => [site, seen]),
    [
      ["a", false],
      ["b", true],
    ],
  );
});

test("a model that sees more than 1 mL of a class where there is none is passed over, where another is known not to", () => {
  const rows = (round: number, dice: number, ml?: number): EvaluationRow[] => [
    row(round, "a", { CSF: dice }, 2, ml === undefined ? undefined : { falseVolume: { lesion: ml } }),
    row(round, "b", { lesion: dice }),
  ];
  const best = (...all: EvaluationRow[][]): number | undefined => bestModel(scoreTable(classes, all.flat()))?.model;
  assert.equal(best(rows(2, 0.5, 1), rows(3, 0.9, 1.01)), 1, "1 mL is allowed, more is not");
  assert.equal(best(rows(2, 0.5, 1.01), rows(3, 0.9, 58)), 2, "none is at or below: the highest mean");
  assert.equal(best(rows(2, 0.5), rows(3, 0.9, 58)), 2, "of the other nobody could tell");
  assert.equal(best(rows(2, 0.9), rows(3, 0.5, 0), rows(4, 0.95, 2)), 1, "one of which nobody can tell competes");
  const unscored = row(2, "a", { CSF: 0.1 }, 2, { falseVolume: { lesion: 0 } });
  assert.equal(best([unscored], rows(3, 0.9, 2)), 2, "a model that does not compete clears no other");
});
