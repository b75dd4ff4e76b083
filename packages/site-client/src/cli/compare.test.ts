import assert from "node:assert/strict";
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { writeNifti } from "../archive/index.js";
import { bundleFile, joinedFolder } from "./bundle.test.helper.js";
import { root, run } from "./cli.test.helper.js";

const codeOf = ({ err }: { err: string }): string => /^error (\w+):/m.exec(err)?.[1] ?? err;

/** Four cases whose labels are `value` at one voxel and 0 elsewhere. */
async function archive(name: string, value: number): Promise<string> {
  const dir = join(root, name);
  const grid = { size: [8, 8, 8], affine: [4, 0, 0, 0, 0, 4, 0, 0, 0, 0, 4, 0] } as const;
  for (const sub of ["sub-1", "sub-2", "sub-3", "sub-4"]) {
    const [anat, labels] = [join(dir, sub, "anat"), join(dir, "derivatives", "labels", sub, "anat")];
    for (const folder of [anat, labels]) mkdirSync(folder, { recursive: true });
    const data = Float32Array.from({ length: 512 }, (_, i) => 1 + (i % 7));
    await writeNifti(join(anat, `${sub}_T1w.nii.gz`), { grid, data, type: "float32" });
    const mask = Uint8Array.from({ length: 512 }, (_, i) => (i === 260 ? value : 0));
    await writeNifti(join(labels, `${sub}_dseg.nii.gz`), { grid, data: mask, type: "uint8", labels: true });
  }
  return dir;
}

test("compare says what it lacks: options, a site, a bundle of the site's coordinator, labels of the bundle's classes", async () => {
  const { path, key } = bundleFile("compare.fedace");
  const { data, registration } = await joinedFolder("compare-site");
  const argv = ["compare", "--model", path, "--data", data, "--archive", root, "--kind", "lesion"];
  assert.equal(codeOf(await run(argv)), "SITE_NOT_JOINED");
  await registration(bundleFile("another.fedace").key);
  assert.equal(codeOf(await run(argv)), "BUNDLE_UNTRUSTED");
  await registration(key);
  assert.match((await run(["compare", "--data", data])).err, /^error COMMAND_USAGE: compare needs --model BUNDLE/);
  assert.equal(codeOf(await run(argv.slice(0, -4))), "COMMAND_USAGE");
  assert.equal(codeOf(await run(argv.slice(0, -2))), "LABELS_UNSPECIFIED");
  assert.equal(codeOf(await run([...argv.slice(0, -1), "tissue"])), "LABEL_CLASS_UNKNOWN");
});

test("a bundle whose plan trains nothing, and a plan for another model, are refused before anything is trained", async () => {
  const { data, registration } = await joinedFolder("compare-plans");
  const init = { run: "before", round: 1, tensors: "0".repeat(64) };
  const scored = bundleFile("scored.fedace", { rounds: 0, init });
  await registration(scored.key);
  const argv = (model: string): string[] => [
    "compare",
    "--model",
    model,
    "--data",
    data,
    "--archive",
    root,
    "--kind",
    "lesion",
  ];
  const refused = await run(argv(scored.path));
  assert.match(refused.err, /^error COMPARE_PLAN: .*no rounds.*\nnext: Give one with --plan/);

  const plan = join(root, "compare-plan.yaml");
  const good = { name: "p", classes: ["background", "lesion"], inputs: ["T1w"], spacing: [4, 4, 4], rounds: 1 };
  const refusal = async (changes: object): Promise<string> => {
    writeFileSync(plan, JSON.stringify({ ...good, ...changes }));
    return (await run([...argv(scored.path), "--plan", plan])).err;
  };
  assert.match(await refusal({ spacing: [2, 2, 2] }), /^error COMPARE_MISMATCH: .* spacing 2, 2, 2, .* model 4, 4, 4/);
  assert.match(await refusal({ inputs: ["FLAIR"] }), /^error COMPARE_MISMATCH: .* inputs FLAIR/);
  assert.match(await refusal({ classes: ["background", "GM"] }), /^error COMPARE_MISMATCH: .* classes background, GM/);
});

test("an archive that shows no class of the model, or keeps no case back, has nothing to compare", async () => {
  const { path, key } = bundleFile("empty.fedace");
  const none = bundleFile("none-kept.fedace", { training: { patch: [8, 8, 8], holdout: 0 } });
  const { data, registration } = await joinedFolder("compare-empty");
  const compare = async (model: string, dir: string): Promise<string> =>
    codeOf(
      await run([
        "compare",
        "--model",
        model,
        "--data",
        data,
        "--archive",
        dir,
        "--kind",
        "lesion",
        "--engine",
        "wasm",
      ]),
    );
  await registration(key);
  assert.equal(await compare(path, await archive("compare-without", 0)), "COMPARE_CLASSES");
  await registration(none.key);
  assert.equal(await compare(none.path, await archive("compare-with", 1)), "COMPARE_NO_CASES");
});
