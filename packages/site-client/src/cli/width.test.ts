import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { writeNifti } from "../archive/index.js";
import { root, run } from "./cli.test.helper.js";

const NAMES = ["a".repeat(60), "b".repeat(60), "c"].map((name) => `sub-${name}`);

/** Cases with as many label values as make a long line. */
async function archive(): Promise<string> {
  const dir = mkdtempSync(join(root, "wide-"));
  const grid = { size: [6, 5, 4], affine: [2, 0, 0, -5, 0, 2, 0, -4, 0, 0, 2, -3] } as const;
  const labels = Float32Array.from({ length: 120 }, (_, v) => v % 20);
  for (const name of NAMES) {
    for (const folder of [join(dir, name, "anat"), join(dir, "derivatives", "labels", name, "anat")])
      mkdirSync(folder, { recursive: true });
    const image = { grid, data: labels.map((value) => 100 + value), type: "float32" } as const;
    await writeNifti(join(dir, name, "anat", `${name}_T1w.nii.gz`), image);
    const into = join(dir, "derivatives", "labels", name, "anat", `${name}_dseg.nii.gz`);
    await writeNifti(into, { grid, data: labels, type: "float32" });
  }
  writeFileSync(join(dir, "sub-c", "anat", "sub-c_T1w.nii.gz"), "not an image");
  return dir;
}

test("the report of check keeps to a screen of 80 or 120 columns, and is whole where nobody watches", async () => {
  const argv = ["check", await archive()];
  const whole = (await run(argv)).out.split("\n");
  assert.ok(whole.some((line) => line.length > 200));
  for (const columns of [80, 120]) {
    const { out } = await run(argv, {}, columns);
    for (const line of out.split("\n")) assert.ok(line.length <= columns, line);
    for (const value of Array.from({ length: 19 }, (_, i) => i + 1))
      assert.match(out, new RegExp(`\\b${value}: 0\\.05`));
    assert.ok(out.includes(NAMES[0] ?? ""), "names are whole");
  }
});
