import assert from "node:assert/strict";
import { test } from "node:test";
import { EVALUATION_PARTS } from "@fedace/ace-core/protocol";
import type { Evaluation, UpdateNumbers } from "@fedace/ace-core/protocol";
import { givenFigures, givenNumbers } from "./figures.js";

const five = { cases: 5, deviation: 0.1 };
const two = { cases: 2, deviation: 0.1 };
const WHOLE: Evaluation = {
  cases: 5,
  dice: { background: null, CSF: 0.8, lesion: 0.5 },
  metrics: { hd95: { CSF: 2, lesion: 9 }, lesionF1: { lesion: 0.4 } },
  spread: { dice: { CSF: five, lesion: two }, hd95: { CSF: five, lesion: two }, lesionF1: { lesion: two } },
};

test("all figures go out to whom takes them, with the cases that each is of", () => {
  assert.deepEqual(givenFigures(WHOLE, EVALUATION_PARTS, 1), WHOLE);
  assert.deepEqual(givenFigures(WHOLE, EVALUATION_PARTS, 2), WHOLE);
});

test("figures over fewer cases than the site allows stay, with all that is known of them, and are said to be withheld", () => {
  assert.deepEqual(givenFigures(WHOLE, EVALUATION_PARTS, 3), {
    cases: 5,
    dice: { background: null, CSF: 0.8, lesion: null },
    metrics: { hd95: { CSF: 2 } },
    spread: { dice: { CSF: five }, hd95: { CSF: five } },
    withheld: { dice: ["lesion"], hd95: ["lesion"], lesionF1: ["lesion"] },
  });
  assert.doesNotMatch(JSON.stringify(givenFigures(WHOLE, EVALUATION_PARTS, 6)), /0\.|deviation/);
});

test("of figures of which the number of cases is not known, none goes out where one case is not enough", () => {
  const { spread, ...older } = WHOLE;
  assert.ok(spread);
  assert.deepEqual(givenFigures(older, EVALUATION_PARTS, 1), older);
  assert.deepEqual(givenFigures(older, EVALUATION_PARTS, 2).dice, { background: null, CSF: null, lesion: null });
});

test("a coordinator gets the metrics and parts that it has named; what is withheld is left out for every one", () => {
  assert.deepEqual(givenFigures(WHOLE, [], 1), { cases: 5, dice: WHOLE.dice });
  assert.deepEqual(givenFigures(WHOLE, [], 3), { cases: 5, dice: { background: null, CSF: 0.8, lesion: null } });
  assert.deepEqual(givenFigures(WHOLE, ["hd95", "spread"], 1), {
    cases: 5,
    dice: WHOLE.dice,
    metrics: { hd95: { CSF: 2, lesion: 9 } },
    spread: { dice: { CSF: five, lesion: two }, hd95: { CSF: five, lesion: two } },
  });
});

test("what images look like goes out of enough cases only, under known names, to who takes it", () => {
  const pair = { together: 0.4, joint: [] };
  const images: UpdateNumbers["images"] = {
    distinct: { T1w: { cases: 5, bits: 8 }, FLAIR: { cases: 2, bits: 9 }, SMITH: { cases: 5, bits: 7 } },
    pairs: [
      { inputs: ["T1w", "FLAIR"], cases: 2, ...pair },
      { inputs: ["T1w", "SMITH"], cases: 5, ...pair },
    ],
  };
  const numbers = { cases: 5, voxels: {}, steps: 1, loss: 0, lastLoss: 0, evaluation: null, seconds: 1 };
  const given = (taken: readonly string[], least: number): UpdateNumbers["images"] =>
    givenNumbers({ ...numbers, images }, taken, least).images;
  assert.deepEqual(given(EVALUATION_PARTS, 1), {
    distinct: { T1w: images.distinct["T1w"], FLAIR: images.distinct["FLAIR"] },
    pairs: images.pairs.slice(0, 1),
  });
  assert.deepEqual(given(EVALUATION_PARTS, 3), { distinct: { T1w: images.distinct["T1w"] }, pairs: [] });
  assert.deepEqual(givenNumbers({ ...numbers, images }, EVALUATION_PARTS, 6), numbers);
  assert.deepEqual(givenNumbers({ ...numbers, images }, ["spread"], 1), numbers);
});
