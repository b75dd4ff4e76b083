import assert from "node:assert/strict";
import { cpSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { casesWith } from "@fedace/ace-core/protocol";
import type { AnnouncedCases } from "@fedace/ace-core/protocol";
import { House } from "./house.js";

/** Numbers of the cases that the updates in a site's ledger were trained on. */
function trainedOn(house: House, name: string): number[] {
  return readFileSync(join(house.data(name), "receipts.jsonl"), "utf8")
    .trimEnd()
    .split("\n")
    .map((line) => JSON.parse(line) as { kind: string; what: { numbers?: { cases: number } } })
    .flatMap(({ kind, what }) => (kind === "update" ? [what.numbers?.cases ?? 0] : []));
}

/** Cases with a T1w image that the manifests in a site's ledger own to, in the order in which they were sent. */
function told(house: House, name: string): number[] {
  const lines = readFileSync(join(house.data(name), "receipts.jsonl"), "utf8")
    .trimEnd()
    .split("\n");
  const receipts = lines.map((line) => JSON.parse(line) as { kind: string; what: AnnouncedCases });
  return receipts.flatMap(({ kind, what }) => (kind === "manifest" ? [casesWith(what, ["T1w"])] : []));
}

const path = (house: House, subject: string, suffix: string): string =>
  join(house.archive, subject, "anat", `${subject}_${suffix}.nii.gz`);

test("a site whose cases have unequal images takes part, with the cases that each plan finds", async (t) => {
  const house = await House.open(t);
  rmSync(path(house, "sub-03", "FLAIR"));
  await house.joined("alone");
  const { site, console } = house.site("alone");
  await site.start();
  await console.until(/^archive: 2 cases with T1w, FLAIR/);
  await console.until(/^archive: cases differ in their images: 2 with FLAIR, T1w; 1 with T1w/);
  await console.until(/^connected/);
  await house.run({ training: { patch: [8, 8, 8], batch: 1, steps: 2, holdout: 0 } });
  await console.until(/^round 1 of 1: uploaded .* and counted/);
  await console.until(/^final score/);
  await house.run({ inputs: ["T1w", "FLAIR"], training: { patch: [8, 8, 8], batch: 1, steps: 2, holdout: 0 } });
  await console.until(/^round 1 of 1: uploaded .* and counted/, 2);
  await site.stop();
  assert.deepEqual(trainedOn(house, "alone"), [3, 2]);
});

test("a site takes part although no image is in most of its cases", async (t) => {
  const house = await House.open(t);
  for (const subject of ["sub-01", "sub-02"]) rmSync(path(house, subject, subject === "sub-01" ? "FLAIR" : "T1w"));
  rmSync(join(house.archive, "sub-03"), { recursive: true });
  await house.joined("alone");
  const { site, console } = house.site("alone");
  await site.start();
  await console.until(/^connected/);
  await house.run({ training: { patch: [8, 8, 8], batch: 1, steps: 2, holdout: 0 } });
  await console.until(/^round 1 of 1: uploaded .* and counted/);
  await site.stop();
  assert.deepEqual(trainedOn(house, "alone"), [1]);
});

test("a case that comes while the site serves does not make its update refused", async (t) => {
  const house = await House.open(t);
  await house.joined("alone");
  const { site, console } = house.site("alone");
  await site.start();
  await console.until(/^waiting for the next round/);
  for (const folder of ["", join("derivatives", "labels")]) {
    const [old, fresh] = ["sub-03", "sub-04"].map((name) => join(house.archive, folder, name, "anat"));
    for (const suffix of folder === "" ? ["T1w", "FLAIR"] : ["dseg"])
      cpSync(`${old}/sub-03_${suffix}.nii.gz`, `${fresh}/sub-04_${suffix}.nii.gz`);
  }
  await house.run({ training: { patch: [8, 8, 8], batch: 1, steps: 2, holdout: 0 } });
  await console.until(/^round 1 of 1: uploaded .* and counted/);
  await site.stop();
  assert.deepEqual(trainedOn(house, "alone"), [4]);
});

test("a case that is removed while the site serves is in no run that begins after it", async (t) => {
  const house = await House.open(t);
  await house.joined("alone");
  const { site, console } = house.site("alone");
  await site.start();
  await console.until(/^waiting for the next round/);
  await house.run({ training: { patch: [8, 8, 8], batch: 1, steps: 2, holdout: 0 } });
  await console.until(/^final score/);
  for (const folder of ["", join("derivatives", "labels")])
    rmSync(join(house.archive, folder, "sub-03"), { recursive: true });
  await house.run({ training: { patch: [8, 8, 8], batch: 1, steps: 2, holdout: 0 } });
  await console.until(/^round 1 of 1: uploaded .* and counted/, 2);
  await site.stop();
  assert.deepEqual(trainedOn(house, "alone"), [3, 2]);
  assert.deepEqual(told(house, "alone"), [3, 2], "the coordinator hears of it before the update");
});

test("a case that is rewritten while the site serves is read anew by the next run: spoilt it is left out, mended it is back", async (t) => {
  const house = await House.open(t);
  await house.joined("alone");
  const { site, console } = house.site("alone");
  await site.start();
  await console.until(/^waiting for the next round/);
  const file = path(house, "sub-03", "T1w");
  const good = readFileSync(file);
  for (const [at, bytes] of [good.subarray(0, good.length / 2), good].entries()) {
    writeFileSync(file, bytes);
    await house.run({ training: { patch: [8, 8, 8], batch: 1, steps: 2, holdout: 0 } });
    await console.until(/^round 1 of 1: uploaded .* and counted/, at + 1);
    await console.until(/^final score/, at + 1);
  }
  await site.stop();
  assert.deepEqual(trainedOn(house, "alone"), [2, 3]);
  assert.deepEqual(told(house, "alone"), [3, 2, 3]);
  assert.equal(console.count(/sub-03/), 0, "the log names no subject");
  assert.ok(console.count(/NIFTI_TRUNCATED|left out|cannot be used/) > 0, console.lines.join("\n"));
});
