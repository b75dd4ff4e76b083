import assert from "node:assert/strict";
import { test } from "node:test";
import { FEW_CASES, parsePlan } from "@fedace/ace-core/protocol";
import type { Plan } from "@fedace/ace-core/protocol";
import { roster } from "./roster.js";
import { expectedMembers, fewCases, siteShares } from "./shares.js";
import type { Member } from "./shares.js";

const planOf = (weighting: string): Plan =>
  parsePlan({
    name: "p",
    classes: ["background", "CSF", "GM", "WM", "lesion"],
    inputs: ["T1w"],
    spacing: [2, 2, 2],
    rounds: 1,
    aggregation: { weighting },
  });

const tissue: Member = { site: "a", cases: 9, voxels: null, annotated: ["background", "CSF", "GM", "WM"] };
const lesion: Member = { site: "b", cases: 3, voxels: null, annotated: ["background", "lesion"] };

test("a site's share of the average is what the weighting gives it, at most what one site may have", () => {
  const shares = (weighting: string): (number | null)[] =>
    siteShares(planOf(weighting), [tissue, lesion]).map(({ share }) => share);
  assert.deepEqual(shares("cases"), [0.75, 0.25]);
  assert.deepEqual(shares("equal"), [0.5, 0.5]);
  // Three of four foreground classes have all their cases at the first site.
  assert.deepEqual(shares("classes"), [0.75, 0.25]);
});

test("shares by voxels are not known before the first updates", () => {
  assert.deepEqual(
    siteShares(planOf("voxels"), [tissue, lesion]).map(({ share }) => share),
    [null, null],
  );
});

test("a class belongs to those who annotate it, by their cases; the background is nobody's", () => {
  const second: Member = { ...tissue, site: "c", cases: 3, annotated: ["background", "WM"] };
  const [a, b, c] = siteShares(planOf("equal"), [tissue, lesion, second]);
  assert.deepEqual(a?.classes, { CSF: 1, GM: 1, WM: 0.75 });
  assert.deepEqual(b?.classes, { lesion: 1 });
  assert.deepEqual(c?.classes, { WM: 0.25 });
});

test("before the first round the sites that can take part are weighed, and those with few cases known", () => {
  const site = (name: string, cases: number): Parameters<typeof roster>[0][number] => ({
    name,
    connectedAt: 1,
    manifest: { software: "s", labels: { kind: "tissue" }, inputs: ["T1w"], cases, engine: "e" },
  });
  const sites = roster([site("many", FEW_CASES), site("few", FEW_CASES - 1), site("none", 0)], planOf("cases"));
  assert.deepEqual(
    expectedMembers(planOf("cases"), sites).map(({ site, cases }) => [site, cases]),
    [
      ["few", FEW_CASES - 1],
      ["many", FEW_CASES],
    ],
  );
  assert.deepEqual([...fewCases(planOf("cases"), sites)], ["few"]);
});
