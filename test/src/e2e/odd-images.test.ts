import assert from "node:assert/strict";
import { mkdtempSync, renameSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import type { TestContext } from "node:test";
import { labelSpace, resolveLabelMap } from "@fedace/ace-core/labels";
import { poolImages } from "@fedace/ace-core/likeness";
import { writePhantomArchive } from "@fedace/deploy/phantom";
import { checkArchive, loadArchive, predict, readNifti, writeNifti } from "@fedace/site-client";
import type { ModelInput } from "@fedace/site-client";

const ODD = /swapped|of one head|label image/;
const CLASSES = ["background", "CSF", "GM", "WM"];

/** An archive of generated brains, for the time of a test. */
async function archive(t: TestContext, seed: number): Promise<string> {
  const dir = mkdtempSync(join(tmpdir(), "fedace-"));
  t.after(() => {
    rmSync(dir, { recursive: true });
  });
  await writePhantomArchive({ dir, kind: "tissue", subjects: 4, seed, grid: { size: [40, 44, 42], spacing: 4 } });
  return dir;
}

const file = (dir: string, subject: number, suffix: string): string =>
  join(dir, `sub-0${subject}`, "anat", `sub-0${subject}_${suffix}.nii.gz`);

test("check points at the one case of an archive whose T1w and FLAIR were swapped", async (t) => {
  const dir = await archive(t, 5);
  const odd = async (): Promise<readonly (readonly [number, string])[]> => {
    const { usable } = await checkArchive(dir, { spacing: [4, 4, 4] });
    return usable.flatMap(({ number, warnings }) =>
      warnings.filter((text) => ODD.test(text)).map((text) => [number, text] as const),
    );
  };
  assert.deepEqual(await odd(), []);
  const [t1w, flair, aside] = [file(dir, 2, "T1w"), file(dir, 2, "FLAIR"), join(dir, "aside")];
  renameSync(t1w, aside);
  renameSync(flair, t1w);
  renameSync(aside, flair);
  const [found, ...others] = await odd();
  assert.deepEqual(others, []);
  assert.equal(found?.[0], 2);
  assert.match(found[1], /T1w and FLAIR seem to be swapped.*the archive's other cases/);
});

test("predict doubts swapped images, another head's FLAIR and a label image, and no right ones", async (t) => {
  const [dir, fresh] = [await archive(t, 6), await archive(t, 7)];
  const labelMap = resolveLabelMap({ kind: "tissue" }, labelSpace(CLASSES));
  const { cases } = await loadArchive(dir, { inputs: ["T1w", "FLAIR"], spacing: [4, 4, 4], labelMap });
  const model = {
    classes: CLASSES,
    inputs: ["T1w", "FLAIR"],
    spacing: [4, 4, 4] as const,
    images: poolImages(cases.flatMap(({ figures }) => figures ?? [])),
    probabilities: ({ size }: ModelInput) => Promise.resolve(new Float32Array(size[0] * size[1] * size[2] * 4)),
  };
  const doubts = async (t1w: string, flair: string): Promise<string> => {
    const inputs = new Map([["T1w", t1w], ["FLAIR", flair]]); // prettier-ignore
    const { warnings } = await predict({ model, inputs, out: join(fresh, "out.nii.gz") });
    return warnings.filter((text) => ODD.test(text)).join();
  };
  for (const k of [1, 2, 3, 4]) assert.equal(await doubts(file(fresh, k, "T1w"), file(fresh, k, "FLAIR")), "");
  const [t1w, flair] = [file(fresh, 1, "T1w"), file(fresh, 1, "FLAIR")];
  assert.match(await doubts(flair, t1w), /^T1w and FLAIR seem to be swapped.*the model's training cases by -/);
  // As many registered scans: on one grid, whoever it is.
  const [image, other] = [await readNifti(t1w), await readNifti(file(fresh, 2, "FLAIR"))];
  const foreign = join(fresh, "other.nii.gz");
  await writeNifti(foreign, { grid: image.grid, data: other.data, type: "float32" });
  assert.match(await doubts(t1w, foreign), /^T1w and FLAIR do not seem to be of one head.* \d+ % as much/);
  const labels = join(fresh, "derivatives/labels/sub-01/anat/sub-01_dseg.nii.gz");
  assert.match(await doubts(labels, flair), /^T1w has only 3 different values.*: about \d+\): is it a label image/);
});
