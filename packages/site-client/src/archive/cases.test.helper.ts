import assert from "node:assert/strict";
import { labelSpace, resolveLabelMap } from "@fedace/ace-core/labels";
import { writeCase } from "./archive.test.helper.js";
import { loadArchive } from "./cases.js";
import type { LoadArchiveOptions } from "./cases.js";

export const OPTIONS: LoadArchiveOptions = {
  inputs: ["T1w", "FLAIR"],
  spacing: [2, 2, 2],
  labelMap: resolveLabelMap({ kind: "lesion" }, labelSpace(["background", "CSF", "GM", "WM", "lesion"])),
};

/** The codes of the cases left out, by name, of an archive that also has one good case. */
export async function skippedCodes(dir: string): Promise<Record<string, string>> {
  await writeCase(dir, "sub-good");
  const { cases, skipped } = await loadArchive(dir, OPTIONS);
  assert.equal(cases.length, 1, "the good case is loaded whatever is wrong with the others");
  for (const { reason, remedy } of skipped) assert.ok(reason.length > 10 && remedy.length > 10);
  return Object.fromEntries(skipped.map(({ name, code }) => [name, code]));
}
