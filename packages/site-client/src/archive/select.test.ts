import assert from "node:assert/strict";
import { test } from "node:test";
import { isFedaceError } from "@fedace/ace-core/foundation";
import type { AnatFolder, ArchiveFile } from "./bids.js";
import { coded } from "./nifti/crafted.test.helper.js";
import { selectFiles } from "./select.js";

function folder(files: readonly string[], derivatives: readonly string[], name = "sub-01"): AnatFolder {
  const file = (path: string): ArchiveFile => ({ path: `/archive/${path}`, name: path });
  return { number: 1, name, files: files.map(file), derivatives: derivatives.map(file), strays: [] };
}

const labels = (...derivatives: readonly string[]): string =>
  selectFiles(folder(["sub-01_T1w.nii.gz"], derivatives), ["T1w"]).labels.name;

test("a suffix is the whole last part of a name", () => {
  const files = ["sub-01_acq-T1w_T2w.nii.gz", "sub-01_T1w.json", "sub-01_desc-x_T1w.nii"];
  const chosen = selectFiles(folder(files, ["d/sub-01_dseg.nii.gz"]), ["T2w", "T1w"]);
  assert.deepEqual(
    chosen.images.map(({ name }) => name),
    ["sub-01_acq-T1w_T2w.nii.gz", "sub-01_desc-x_T1w.nii"],
  );
});

test("masks of lesions are labels, masks of the brain are not", () => {
  for (const mask of [
    "sub-01_label-lesion_mask.nii.gz",
    "sub-01_desc-wmh_mask.nii",
    "sub-01_lesion_mask.nii.gz",
    "sub-01_label-L_desc-manual_mask.nii.gz",
  ]) {
    assert.equal(
      labels(`d/${mask}`, "d/sub-01_desc-brain_mask.nii.gz", "d/sub-01_space-MNI_label-brain_mask.nii.gz"),
      `d/${mask}`,
    );
  }
  const brainOnly = (): unknown => labels("d/sub-01_desc-brain_mask.nii.gz");
  assert.throws(brainOnly, coded("CASE_LABELS_MISSING"));
});

test("a brain mask in template space is left alone, two in the subject's own are ambiguous", () => {
  const mask = (...masks: readonly string[]): string | undefined =>
    selectFiles(folder(["sub-01_T1w.nii"], ["d/sub-01_dseg.nii", ...masks]), ["T1w"]).mask?.name;
  const template = "d/sub-01_space-MNI152NLin2009cAsym_desc-brain_mask.nii.gz";
  assert.equal(mask(template), undefined);
  assert.equal(mask(template, "d/sub-01_desc-brain_mask.nii.gz"), "d/sub-01_desc-brain_mask.nii.gz");
  assert.equal(mask("d/sub-01_space-orig_desc-brain_mask.nii"), "d/sub-01_space-orig_desc-brain_mask.nii");
  const two = (): unknown => mask("a/sub-01_desc-brain_mask.nii", "b/sub-01_desc-brain_mask.nii");
  assert.throws(two, coded("CASE_AMBIGUOUS", /a\/sub-01_desc-brain_mask\.nii, b\/sub-01/));
});

test("the plain label image of a session is meant among several, of which none would be plain otherwise", () => {
  const session = folder(
    ["sub-01_ses-2_T1w.nii"],
    ["d/sub-01_ses-2_dseg.nii", "d/sub-01_ses-2_space-MNI_dseg.nii"],
    "sub-01/ses-2",
  );
  assert.equal(selectFiles(session, ["T1w"]).labels.name, "d/sub-01_ses-2_dseg.nii");
  const neither = (): unknown => labels("d/sub-01_desc-a_dseg.nii", "d/sub-01_desc-b_dseg.nii");
  assert.throws(neither, coded("CASE_AMBIGUOUS", /2 files could be labels/));
});

test("a remedy names the very file that is missing", () => {
  const session = folder(["sub-01_ses-2_T1w.nii"], [], "sub-01/ses-2");
  for (const [input, path] of [
    ["FLAIR", "sub-01/ses-2/anat/sub-01_ses-2_FLAIR.nii.gz"],
    ["T1w", "derivatives/labels/sub-01/ses-2/anat/sub-01_ses-2_dseg.nii.gz"],
  ] as const) {
    assert.throws(
      () => selectFiles(session, [input]),
      (error) => isFedaceError(error) && error.remedy.includes(`Add ${path},`),
    );
  }
});

test("a missing image says what there is instead", () => {
  const without = (files: readonly string[]) => (): unknown => selectFiles(folder(files, []), ["FLAIR"]);
  assert.throws(without(["sub-01_T1w.nii", "sub-01_T2w.nii"]), coded("CASE_MODALITY_MISSING", /only T1w, T2w/));
  assert.throws(without([]), coded("CASE_MODALITY_MISSING", /no images under anat/));
});
