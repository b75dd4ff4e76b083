import assert from "node:assert/strict";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import type { TestContext } from "node:test";
import { parsePlan } from "@fedace/ace-core/protocol";
import type { PlanInput } from "@fedace/ace-core/protocol";
import { smallImage, writeCase, writeVolume } from "./archive.test.helper.js";
import { checkArchive } from "./check.js";
import { planReport } from "./plan-check.js";
import { renderCheck } from "./render-check.js";

const MEMORY = { stepBytes: 3 * 2 ** 20, freeBytes: 2 ** 30 };
/** Labels of 90 voxels of brain. */
const BRAIN = 90;

function planOf(changes: Partial<PlanInput> = {}) {
  return parsePlan({
    name: "joint",
    classes: ["background", "CSF", "GM", "WM", "lesion"],
    inputs: ["T1w", "FLAIR"],
    spacing: [2, 2, 2],
    rounds: 1,
    ...changes,
  });
}

async function folder(t: TestContext): Promise<string> {
  const dir = await mkdtemp(join(tmpdir(), "fedace-"));
  t.after(() => rm(dir, { recursive: true, force: true }));
  return dir;
}

/** Two cases with T1w and FLAIR, one with T1w alone. */
async function archive(t: TestContext): Promise<string> {
  const dir = await folder(t);
  for (const name of ["sub-01", "sub-02", "sub-03"]) await writeCase(dir, name, [0, 1, 2, 3]);
  await rm(join(dir, "sub-03/anat/sub-03_FLAIR.nii.gz"));
  return dir;
}

test("a plan says which cases it can use, what they take, and what the labels teach of each class", async (t) => {
  const dir = await archive(t);
  const labels = { kind: "tissue" } as const;
  const options = { labels, inputs: ["T1w", "FLAIR"], spacing: [2, 2, 2] } as const;
  const strict = await checkArchive(dir, options);
  const report = planReport(planOf(), strict, labels, MEMORY);
  assert.deepEqual(report.cases, [{ inputs: ["FLAIR", "T1w"], cases: 2 }]);
  assert.deepEqual(
    report.classes?.map(({ name, values, here }) => [name, values, here]),
    [
      ["background", [0], "taught"],
      ["CSF", [1], "taught"],
      ["GM", [2], "taught"],
      ["WM", [3], "taught"],
      ["lesion", [], "absent"],
    ],
  );
  // 6 × 5 × 4 voxels, 4 bytes for each image and one for the label.
  assert.equal(strict.memory, 2 * 120 * (2 * 4 + 1));
  const text = renderCheck(strict, undefined, report);
  assert.match(text, /\nPlan joint\n {2}2 of 3 cases can be used: it asks for T1w and FLAIR\n/);
  assert.match(text, /\n {2}voxels of 2 × 2 × 2 mm become 2 × 2 × 2 mm\n/);
  assert.match(text, /\n {2}memory: about 3 MiB for a training step, 1 MiB for all cases; 1024 MiB are free\n/);
  assert.match(text, /\n {2}lesion {20}not there, by these labels: what a model sees of it counts as false\n/);

  // A case may lack some: the network then has a plane more for each image.
  const lacking = await checkArchive(dir, { ...options, mayLack: true });
  const wide = planReport(planOf({ training: { dropInputs: 0.3 } }), lacking, labels, {
    ...MEMORY,
    freeBytes: 2 ** 21,
  });
  assert.equal(lacking.memory, 3 * 120 * (4 * 4 + 1));
  const said = renderCheck(lacking, undefined, wide);
  assert.match(
    said,
    /3 of 3 cases .* T1w and FLAIR, of which a case may lack some; 2 with FLAIR and T1w, 1 with T1w\n/,
  );
  assert.match(said, /and only 2 MiB are free: free some, or ask the operator for a smaller patch or batch/);
});

test("classes that a lesion archive's rest may hide are said not to be told apart; without a label map that is asked for", async (t) => {
  const dir = await folder(t);
  await writeCase(dir, "sub-01", [0, 0, 0, 1]);
  const labels = { kind: "lesion" } as const;
  const checked = await checkArchive(dir, { labels });
  const { classes } = planReport(planOf(), checked, labels, MEMORY);
  assert.deepEqual(
    classes?.map(({ values, here }) => [values, here]),
    [...Array.from({ length: 4 }, () => [[0], "mixed"]), [[1], "taught"]],
  );
  const open = planReport(planOf(), checked, undefined, MEMORY);
  assert.match(renderCheck(checked, undefined, open), /--kind or --labels shows what these labels teach/);
  const other = planOf({ classes: ["background", "GM"] });
  assert.throws(() => planReport(other, checked, labels, MEMORY), { code: "LABEL_CLASS_UNKNOWN" });
});

/** A case of which so many voxels of the brain are labelled, with these values in turn. */
async function labelled(dir: string, name: string, count: number, values: readonly number[]): Promise<void> {
  const labels = Float32Array.from({ length: 120 }, (_, v) =>
    v < 30 || v >= 30 + count ? 0 : (values[v % values.length] ?? 0),
  );
  await writeVolume(dir, `${name}/anat/${name}_T1w.nii.gz`, smallImage(1));
  await writeVolume(dir, `derivatives/labels/${name}/anat/${name}_dseg.nii.gz`, labels);
}

test("labels that plainly are the other kind by how much of the brain they fill are doubted, and the other kind proposed", async (t) => {
  const kinds: [kind: "tissue" | "lesion", voxels: number, values: number[], doubt: RegExp, propose: RegExp][] = [
    ["tissue", 9, [1], /fill 10 % of the brain.* nearly all of it/, /Did you mean --kind lesion\?/],
    // Three kinds of a lesion, by values a tissue map.
    ["tissue", 6, [1, 2, 3], /fill 6\.7 % of the brain/, /Another map.*\n.*values:\n.*"0": rest\n.*"1": \[lesion\]/],
    ["lesion", 81, [1], /fill 90 % of the brain.*; lesions do not/, /Another map/],
  ];
  for (const [kind, count, values, doubt, propose] of kinds) {
    const dir = await folder(t);
    for (const name of ["sub-01", "sub-02"]) await labelled(dir, name, count, values);
    const report = await checkArchive(dir, { labels: { kind } });
    assert.match(report.labelMap.doubts?.join("; ") ?? "", doubt);
    assert.match(renderCheck(report), propose);
    assert.notEqual(report.labelMap.fits, kind);
  }
  const fine: [kind: "tissue" | "lesion", voxels: number, values: number[]][] = [
    ["tissue", BRAIN, [1, 2, 3]],
    ["tissue", 27, [1, 2, 3]],
    ["lesion", 1, [1]],
    ["lesion", 45, [1]],
  ];
  for (const [kind, count, values] of fine) {
    const dir = await folder(t);
    await labelled(dir, "sub-01", count, values);
    const { labelMap } = await checkArchive(dir, { labels: { kind } });
    assert.deepEqual([labelMap.doubts, labelMap.fits], [undefined, kind]);
  }
});
