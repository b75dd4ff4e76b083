import assert from "node:assert/strict";
import { test } from "node:test";
import { CORE_ERRORS, coreError } from "@fedace/ace-core/foundation";
import { SITE_ERRORS, siteError } from "../errors.js";
import { scores } from "./narrate.js";
import { advice, reticent } from "./reticent.js";

test("an error that may name a subject or a file is told by its cause alone", () => {
  const message = "sub-MuellerAnna: /data/archive/sub-MuellerAnna_T1w.nii.gz holds the value 7";
  for (const code of [...Object.keys(SITE_ERRORS), "LABEL_VALUE_UNMAPPED", "NEW_CODE"]) {
    if (!/^(ARCHIVE|CASE|FILE|NIFTI|LABEL_VALUE|SITE_INTERNAL|NEW)/.test(code)) continue;
    assert.doesNotMatch(reticent(code, message), /Mueller|\/data/, code);
  }
  assert.ok(reticent("NIFTI_TRUNCATED", message).startsWith(SITE_ERRORS.NIFTI_TRUNCATED.cause));
});

test("an error of the plan or the training is told in full", () => {
  const message = "training diverged: the loss is NaN at step 3 of 10";
  assert.equal(reticent("TRAINING_DIVERGED", message), message);
  assert.ok("TRAINING_DIVERGED" in CORE_ERRORS);
});

test("what to do in this very case is told unless it may name something of the archive", () => {
  const remedy = "This would fit: training.batch: 2.";
  assert.deepEqual(advice(coreError("PLAN_MEMORY", "too large", { remedy })), { remedy });
  assert.deepEqual(advice(siteError("ARCHIVE_NO_CASES", "none", { remedy: "Look at sub-MuellerAnna." })), {});
  assert.deepEqual(advice(new Error("unknown")), {});
});

test("scores read well", () => {
  assert.equal(scores({ cases: 1, dice: { CSF: 0.811, lesion: null, WM: 1 } }), "CSF .81, WM 1.00");
  assert.equal(scores({ cases: 0, dice: {} }), "nothing to score");
});
