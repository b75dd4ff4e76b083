import assert from "node:assert/strict";
import test from "node:test";
import { labelSpace, resolveLabelMap } from "@fedace/ace-core/labels";
import type { LabelMap, LabelMapConfig } from "@fedace/ace-core/labels";
import { parsePlan } from "@fedace/ace-core/protocol";
import type { Plan } from "@fedace/ace-core/protocol";
import { quorumGap } from "./quorum.js";

const CLASSES = ["background", "CSF", "GM", "WM", "lesion"];

function plan(sites: number, perClass: number): Plan {
  const quorum = { sites, perClass };
  return parsePlan({ name: "t", classes: CLASSES, inputs: ["T1w"], spacing: [2, 2, 2], rounds: 1, quorum });
}

const map = (config: LabelMapConfig): LabelMap => resolveLabelMap(config, labelSpace(CLASSES));
const tissue = map({ kind: "tissue" });
const lesion = map({ kind: "lesion" });
/** A tissue archive whose white matter may contain lesions that nobody drew. */
const loose = map({ values: { "0": ["background"], "1": ["CSF"], "2": ["GM"], "3": ["WM", "lesion"] } });

test("a quorum counts sites, and for each class those that annotate it", () => {
  const all = [tissue, tissue, lesion];
  assert.equal(quorumGap(plan(2, 1), [tissue, lesion], all), undefined);
  assert.equal(quorumGap(plan(3, 1), [tissue, lesion], all), "2 of at least 3 sites");
  assert.equal(quorumGap(plan(2, 1), [tissue, tissue], all), "too few sites that annotate lesion (0 of 1)");
  assert.equal(
    quorumGap(plan(1, 1), [lesion], all),
    "too few sites that annotate background (0 of 1), CSF (0 of 1), GM (0 of 1), WM (0 of 1)",
  );
  assert.equal(quorumGap(plan(2, 2), all, all), "too few sites that annotate lesion (1 of 2)");
  assert.equal(quorumGap(plan(1, 0), [tissue], all), undefined, "0 asks for nothing");
});

test("white matter that may hold lesions counts for it where no site has the one without the other", () => {
  assert.equal(quorumGap(plan(2, 1), [loose, lesion], [loose, lesion]), undefined);
  const gap = quorumGap(plan(2, 1), [loose, loose], [loose, loose, lesion]);
  assert.equal(gap, "too few sites that annotate lesion (0 of 1)");
  assert.match(
    quorumGap(plan(2, 1), [loose, lesion], [loose, lesion, tissue]) ?? "",
    /WM \(0 of 1\)/,
    "a site that does annotate it is waited for",
  );
});

test("with sites that only merge classes, counting is not enough: some site must tell them apart", () => {
  assert.equal(quorumGap(plan(1, 1), [loose], [loose]), "no site that teaches WM, lesion");
});
