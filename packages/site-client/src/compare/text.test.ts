import assert from "node:assert/strict";
import { test } from "node:test";
import { textLines } from "@fedace/ace-core/host";
import type { ComparedFigure } from "./figures.js";
import { caseLines, classLines, figureLines } from "./index.js";

const scored = {
  training: 14,
  heldBack: 3,
  leftOut: 0,
  standing: "known",
  annotated: ["lesion"],
  absent: ["core"],
} as const;
const figure = { class: "lesion", cases: 3, alone: 0.5, joint: 0.75, difference: 0.25 } as const;
const figures: ComparedFigure[] = [
  { ...figure, metric: "dice", interval: [0.1, 0.4], jointIs: "better" },
  {
    ...figure,
    metric: "hd95",
    cases: 1,
    alone: 7.5,
    joint: 277.1,
    difference: 269.6,
    interval: null,
    jointIs: "unclear",
  },
];

test("a table says what each figure is of, which way is better, and whether it is clear", () => {
  const lines = textLines(figureLines(figures));
  assert.equal(lines[1], "lesion      alone  joint  change     95 % interval  cases  joint is");
  assert.equal(lines[2], "dice        0.500  0.750  +0.250  +0.100 to +0.400      3  better");
  assert.equal(lines[3], "hd95, mm ↓    7.5  277.1  +269.6                 –      1  unclear");
  assert.match(
    lines[5] ?? "",
    /^Of 2 figures the joint model is better in 1 and worse in 0; 0 are the same, 1 unclear/,
  );
});

test("on a screen of 80 columns no interval is broken", () => {
  const wide: ComparedFigure = {
    ...figure,
    metric: "volumeDifference",
    alone: 10.84,
    joint: 100,
    difference: 89.2,
    interval: [-171.7, 106.7],
    jointIs: "worse",
  };
  const lines = textLines(figureLines([...figures, wide]), 80);
  for (const line of lines) assert.ok(line.length <= 80, line);
  assert.ok(
    lines.some((line) => line.endsWith("-171.7 to +106.7      3  worse")),
    lines.join("\n"),
  );
});

test("it is said whether the scored cases are known to be new to the joint model", () => {
  const [known] = caseLines(scored, "run-1");
  assert.match(
    known ?? "",
    /14 to train on, 3 cases kept back and scored; by what .* they never trained in run run-1$/,
  );
  assert.match(caseLines({ ...scored, standing: "absent" }, "run-1").join("\n"), /took no part in run run-1$/);
  const unknown = caseLines({ ...scored, heldBack: 1, leftOut: 2, standing: "unknown" }, "run-1").join("\n");
  assert.match(unknown, /1 case kept back and scored; but that it never trained in run run-1 is NOT KNOWN\n/);
  assert.match(unknown, /looks better than it is/);
  assert.match(unknown, /2 more would be kept back, but trained in the run/);
});

test("classes that the archive cannot teach are named, and how far it can tell of them", () => {
  const lines = classLines(["background", "GM", "lesion", "core"], scored);
  assert.match(lines[0] ?? "", /^GM: in the joint model only; the labels here can neither teach nor score/);
  assert.match(lines[1] ?? "", /^core: in the joint model only; there is none here by the labels/);
  assert.deepEqual(classLines(["background", "lesion"], scored), []);
});
