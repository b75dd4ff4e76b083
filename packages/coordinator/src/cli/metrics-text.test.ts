import assert from "node:assert/strict";
import test from "node:test";
import { textLines } from "@fedace/ace-core/host";
import { scoreTable } from "../rounds/index.js";
import type { ModelScores } from "../rounds/index.js";
import { falseVolumeLines, metricLines } from "./metrics-text.js";

const LONGEST = "s".repeat(32);

function scored(ml: number): ModelScores {
  const metrics = { hd95: { CSF: 2 }, falseVolume: { lesion: ml }, falseVolumeShare: { lesion: 0.25 } };
  const [scores] = scoreTable(
    ["background", "CSF", "lesion"],
    [
      {
        round: 3,
        site: LONGEST,
        cases: 4,
        dice: { CSF: 0.5 },
        metrics,
        spread: { hd95: { CSF: { cases: 4, deviation: 0.5 } } },
      },
      { round: 3, site: "older", cases: 4, dice: { lesion: 0.5 } },
      { round: 3, site: "small", cases: 1, dice: {}, withheld: { hd95: ["lesion"] } },
    ],
  );
  assert.ok(scores);
  return scores;
}

test("false volumes are shown per class and site above .05 mL, next to nothing is not", () => {
  assert.deepEqual(falseVolumeLines(scored(0.05)), []);
  assert.deepEqual(textLines(falseVolumeLines(scored(0.051))), [
    "",
    "volume seen where there is none (after round 2)",
    `  class   site${" ".repeat(28)}  mL per case  cases above 1 mL`,
    `  lesion  ${LONGEST}  0.05         25 %`,
  ]);
});

test("the whole table has every metric by class and site, and all sites by their cases, within 80 columns", () => {
  const lines = textLines(metricLines(scored(58)));
  const start = lines.indexOf("hd95, mm: lower is better; annotated classes");
  // 2 ± 3.182446 · .5 / √3
  assert.deepEqual(lines.slice(start + 1, start + 5), [
    `  class   site${" ".repeat(28)}  mean      cases  95 % interval`,
    `  CSF     ${LONGEST}  2.00      4`,
    `  CSF     all, by cases${" ".repeat(19)}  2.00      4      [1.08, 2.92]`,
    `  lesion  small${" ".repeat(27)}  withheld`,
  ]);
  assert.ok(
    lines.includes(`  lesion  ${LONGEST}  58.00`) &&
      lines.includes(`  lesion  all, by cases${" ".repeat(19)}  58.00  4`),
  );
  for (const line of [...lines, ...textLines(falseVolumeLines(scored(58)))]) assert.ok(line.length <= 80, line);
});
