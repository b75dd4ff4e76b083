import assert from "node:assert/strict";
import test from "node:test";
import { parsePlan } from "@fedace/ace-core/protocol";
import { oddVolumes, siteVolumes } from "./volumes.js";
import type { DeclaredLabels, OddVolume, SiteVolumes } from "./volumes.js";

const plan = parsePlan({
  name: "joint",
  classes: ["background", "CSF", "GM", "WM", "lesion", "region"],
  inputs: ["T1w"],
  spacing: [2, 2, 2],
  rounds: 1,
});
const TISSUE = { kind: "tissue" } as const;

test("a mean volume is voxels of training cases by the size of a voxel, per class of the plan but the background", () => {
  const counted = { cases: 4, voxels: { background: 10 ** 6, GM: 300_000, stroma: 5 }, spacing: [2, 2, 2.5] };
  const declared: DeclaredLabels[] = [
    { site: "a", labels: TISSUE, counted },
    { site: "b", labels: TISSUE, counted: null },
    { site: "c", labels: TISSUE, counted: { ...counted, cases: 0 } },
  ];
  // 300 000 voxels of 10 mm³ are 3000 mL, in 4 cases.
  assert.deepEqual(
    siteVolumes(plan, declared).map(({ site, millilitres }) => [site, millilitres]),
    [
      ["a", { GM: 750 }],
      ["b", null],
      ["c", null],
    ],
  );
});

function odd(sites: Readonly<Record<string, Readonly<Record<string, number>> | null>>): string[] {
  const volumes: SiteVolumes[] = Object.entries(sites).map(([site, millilitres]) => ({
    site,
    labels: TISSUE,
    millilitres,
  }));
  const said = ({ site, class: name, why, usual }: OddVolume): string => `${site} ${name} ${why} ${usual.join("-")}`;
  return oddVolumes(volumes).map(said);
}

test("tissue that no brain has points at its site, on either side of the bounds", () => {
  // Means of archives as they are: 12 adults of 18 to 90 years, 8 other heads.
  assert.deepEqual(odd({ oasis: { CSF: 323, GM: 601, WM: 472 }, others: { CSF: 168, GM: 694, WM: 523 } }), []);
  // An MS archive served as tissue: its lesions count as CSF.
  assert.deepEqual(odd({ ms: { CSF: 5, GM: 0, WM: 0 }, oasis: { CSF: 323, GM: 601, WM: 472 } }), [
    "ms CSF range 10-1000",
    "ms GM range 150-1200",
    "ms WM range 100-900",
  ]);
  assert.deepEqual(odd({ a: { CSF: 10, GM: 150, WM: 900 } }), []);
  assert.deepEqual(odd({ a: { CSF: 9.9, GM: 149, WM: 901 } }), [
    "a CSF range 10-1000",
    "a GM range 150-1200",
    "a WM range 100-900",
  ]);
  assert.deepEqual(odd({ a: { grey_matter: 50, "White-matter": 50 } }), [
    "a grey_matter range 150-1200",
    "a White-matter range 100-900",
  ]);
});

test("lesions are held against the other sites' median, and against what a brain can bear", () => {
  const usual = { a: { lesion: 8 }, b: { lesion: 12 }, c: { lesion: 16 } };
  assert.deepEqual(odd(usual), []);
  assert.deepEqual(odd({ ...usual, d: { lesion: 120 }, e: null }), []);
  assert.deepEqual(odd({ ...usual, d: { lesion: 121 } }), ["d lesion others 12-12"]);
  assert.deepEqual(odd({ ...usual, d: { lesion: 1.19 } }), ["d lesion others 12-12"]);
  assert.deepEqual(odd({ ...usual, d: { lesion: 0 } }), ["d lesion others 12-12"]);
  assert.deepEqual(odd({ a: { lesion: 501 } }), ["a lesion range 0-500"]);
  assert.deepEqual(odd({ a: { region: 5000 } }), [], "of a class of another kind nobody knows");
  assert.deepEqual(odd({ a: { lesion: 0 }, b: { lesion: 0 } }), []);
});
