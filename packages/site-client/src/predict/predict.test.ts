import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import { lstat, mkdtemp, readFile, readdir, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { openEngine } from "@fedace/ace-core/engine";
import { isFedaceError } from "@fedace/ace-core/foundation";
import { readBundle, assembleBundle, modelCard, tensorsDigest } from "@fedace/ace-core/export";
import { initialise, modelSpec } from "@fedace/ace-core/model";
import { parsePlan } from "@fedace/ace-core/protocol";
import { views } from "@fedace/ace-core/tensors";
import { readNifti, RECIPE_2, writeNifti, type Grid } from "../archive/index.js";
import { bundleModel, type PredictModel } from "./model.js";
import { predict, type PredictOptions } from "./predict.js";

/** Beside the checkout: four folders up from here. */
const REAL = fileURLToPath(new URL("../../../../../shared/data/ms/sub-07/anat/", import.meta.url));

const LAS: Grid = { size: [8, 6, 5], affine: [-2, 0, 0, 7, 0, 2, 0, -5, 0, 0, 2, -4] };

/** Two classes: above the mean of the first input, or not. Nothing is learned, so every voxel's answer is known. */
const THRESHOLD: PredictModel = {
  classes: ["background", "bright"],
  inputs: ["T1w", "FLAIR"],
  spacing: [2, 2, 2],
  recipe: RECIPE_2,
  probabilities: ({ image, size, onProgress }) => {
    const voxels = size[0] * size[1] * size[2];
    onProgress?.(1, 1);
    const out = new Float32Array(2 * voxels);
    for (let v = 0; v < voxels; v++) out[2 * v + ((image[2 * v] ?? 0) > 0 ? 1 : 0)] = 1;
    return Promise.resolve(out);
  },
};

async function withScan(
  use: (dir: string, options: PredictOptions, t1w: Float32Array) => Promise<void>,
): Promise<void> {
  const dir = await mkdtemp(join(tmpdir(), "predict-"));
  try {
    const t1w = Float32Array.from({ length: 240 }, (_, v) => (v < 48 ? 0 : ((v * 7919) % 101) + 1));
    const inputs = new Map([
      ["FLAIR", join(dir, "FLAIR.nii.gz")],
      ["T1w", join(dir, "T1w.nii.gz")],
    ]);
    await writeNifti(join(dir, "T1w.nii.gz"), { grid: LAS, data: t1w, type: "float32" });
    await writeNifti(join(dir, "FLAIR.nii.gz"), { grid: LAS, data: t1w.map((x) => 200 - x), type: "float32" });
    await use(dir, { model: THRESHOLD, inputs, out: join(dir, "out.nii.gz") }, t1w);
  } finally {
    await rm(dir, { recursive: true, force: true });
  }
}

function rejects(options: PredictOptions, code: string, says: RegExp): Promise<void> {
  return assert.rejects(predict(options), (error) => isFedaceError(error, code) && says.test(error.message));
}

test("labels come out on the input's own grid and in its order of voxels, with volumes in a table beside them", async () => {
  await withScan(async (dir, options, t1w) => {
    const seen: string[] = [];
    const result = await predict({ ...options, onProgress: (done, total) => seen.push(`${done}/${total}`) });
    const brain = t1w.filter((value) => value !== 0);
    const mean = brain.reduce((sum, value) => sum + value, 0) / brain.length;
    const expected = t1w.map((value) => (value > mean ? 1 : 0));
    const written = await readNifti(result.out);
    const source = await readNifti(join(dir, "T1w.nii.gz"));
    assert.deepEqual(written.data, expected);
    assert.deepEqual(written.grid, source.grid);
    assert.equal(written.header.type, "uint8");
    const voxels = expected.reduce((sum, value) => sum + value, 0);
    assert.deepEqual(result.volumes, [{ label: 1, name: "bright", voxels, millilitres: voxels * 0.008 }]);
    assert.equal(result.table, join(dir, "out.tsv"));
    const table = `index\tname\tvoxels\tvolume_ml\n1\tbright\t${voxels}\t${(voxels * 0.008).toFixed(3)}\n`;
    assert.equal(await readFile(result.table, "utf8"), table);
    assert.deepEqual(
      [result.brain, result.warnings],
      ["non-zero", ["the image is only 10 mm across (8 × 6 × 5 voxels): a part of a head"]],
    );
    assert.deepEqual(seen, ["1/1"]);
  });
});

test("a model that was trained for missing images takes a scan without one, told so by a plane, and says so", async () => {
  await withScan(async (dir, options, t1w) => {
    const inputs = new Map([["FLAIR", join(dir, "FLAIR.nii.gz")]]);
    await rejects({ ...options, inputs }, "PREDICT_INPUTS", /T1w is missing/);
    const fed: Float32Array[] = [];
    const model: PredictModel = {
      ...THRESHOLD,
      mayLack: true,
      probabilities: (input) => {
        fed.push(input.image);
        return THRESHOLD.probabilities({ ...input, image: input.image.filter((_, i) => i % 4 > 1) });
      },
    };
    const { warnings } = await predict({ ...options, model, inputs });
    assert.match(warnings.join(), /without T1w: the model was trained for that/);
    const channel = (c: number): Float32Array => (fed[0] ?? new Float32Array()).filter((_, i) => i % 4 === c);
    const brain = t1w.reduce((count, value) => count + Number(value !== 200), 0);
    assert.equal(t1w.length, 240);
    assert.deepEqual(new Set([...channel(0), ...channel(2)]), new Set([0]), "no T1w, and it is said");
    assert.deepEqual([channel(3).filter((value) => value === 1).length, channel(3).length], [brain, 240]);
    assert.ok(channel(1).some((value) => value < 0) && channel(1).some((value) => value > 0));
    await rejects({ ...options, model, inputs: new Map() }, "PREDICT_INPUTS", /T1w, FLAIR is missing/);
  });
});

test("a given mask is the brain", async () => {
  await withScan(async (dir, options) => {
    const mask = join(dir, "mask.nii.gz");
    const inside = new Float32Array(240).map((_, v) => (v >= 200 ? 1 : 0));
    await writeNifti(mask, { grid: LAS, data: inside, type: "uint8" });
    const result = await predict({ ...options, mask });
    assert.equal(result.brain, "mask");
    const { data } = await readNifti(result.out);
    assert.ok(data.subarray(0, 200).every((label) => label === 0));
    assert.ok(data.subarray(200).some((label) => label === 1));
  });
});

test("a head that was not brain-extracted is segmented, with a warning before the work that names the way out", async () => {
  await withScan(async (dir, options) => {
    const data = Float32Array.from({ length: 240 }, (_, v) => 1 + (v % 7));
    await writeNifti(join(dir, "T1w.nii.gz"), { grid: LAS, data, type: "uint8" });
    const order: string[] = [];
    const { brain, warnings } = await predict({
      ...options,
      onWarnings: (early) => order.push(...early),
      onProgress: () => order.push("worked"),
    });
    assert.equal(brain, "whole image");
    assert.match(warnings.join(), /was the brain extracted\? If not, .*--mask/);
    assert.deepEqual(order, [...warnings, "worked"]);
  });
});

test("inputs that the model lacks or does not know, and outputs that cannot be, are refused before the work", async () => {
  await withScan(async (dir, options) => {
    const t1w = options.inputs.get("T1w") ?? "";
    await rejects({ ...options, inputs: new Map([["T1w", t1w]]) }, "PREDICT_INPUTS", /FLAIR is missing/);
    const more = new Map([...options.inputs, ["T2w", t1w]]);
    await rejects({ ...options, inputs: more }, "PREDICT_INPUTS", /no input T2w; its inputs are T1w, FLAIR/);
    await rejects({ ...options, out: join(dir, "out.png") }, "PREDICT_OUTPUT_NAME", /\.nii/);
    await rejects({ ...options, out: t1w }, "PREDICT_OUTPUT_NAME", /one of the inputs/);
    await symlink(t1w, join(dir, "link.nii.gz"));
    await rejects({ ...options, out: join(dir, "link.nii.gz") }, "PREDICT_OUTPUT_NAME", /one of the inputs/);
    await writeFile(join(dir, "file"), "");
    await rejects({ ...options, out: join(dir, "file/out.nii") }, "FILE_UNWRITABLE", /file/);
    const gone = new Map([...options.inputs, ["T1w", join(dir, "gone.nii")]]);
    await rejects({ ...options, inputs: gone }, "FILE_UNREADABLE", /does not exist/);
    await writeNifti(join(dir, "other.nii"), {
      grid: { ...LAS, affine: LAS.affine.map((value, at) => (at === 3 ? 9 : value)) },
      data: new Float32Array(240).fill(1),
      type: "uint8",
    });
    const shifted = new Map([...options.inputs, ["FLAIR", join(dir, "other.nii")]]);
    await rejects({ ...options, inputs: shifted }, "CASE_GRID_MISMATCH", /2\.00 mm beside/);
  });
});

test("a folder that is missing is made; results replace earlier ones, and nothing else without being asked", async () => {
  await withScan(async (dir, options) => {
    const out = join(dir, "made", "here", "out.nii.gz");
    await predict({ ...options, out });
    await predict({ ...options, out });
    const before = await readFile(out);
    const table = join(dir, "made", "here", "out.tsv");
    for (const victim of [out, table]) {
      const good = await readFile(victim);
      await writeFile(victim, "the work of years");
      await rejects({ ...options, out }, "OUTPUT_EXISTS", /is there already, and is something else/);
      assert.equal(await readFile(victim, "utf8"), "the work of years");
      await writeFile(victim, good);
    }
    const link = join(dir, "link.nii.gz");
    await symlink(out, link);
    await rejects({ ...options, out: link }, "OUTPUT_EXISTS", /is a link/);
    await predict({ ...options, out: link, force: true });
    assert.deepEqual(await readFile(out), before);
    assert.equal((await lstat(link)).isSymbolicLink(), false);
  });
});

test("a prediction that is stopped leaves no file", async () => {
  await withScan(async (dir, options) => {
    const controller = new AbortController();
    const reason = new Error("enough");
    const before = await readdir(dir);
    const stopped = predict({
      ...options,
      signal: controller.signal,
      onProgress: () => {
        controller.abort(reason);
      },
    });
    await assert.rejects(stopped, reason);
    assert.deepEqual(await readdir(dir), before);
  });
});

test("a bundle's network is fed as its card says", async () => {
  const plan = parsePlan({
    name: "test",
    classes: ["background", "CSF", "GM"],
    inputs: ["T1w", "FLAIR"],
    spacing: [2, 2, 2],
    model: { preset: "tiny" },
    training: { patch: [8, 8, 8] },
    rounds: 1,
  });
  const spec = modelSpec({ preset: "tiny" }, 2, 3);
  const { architecture, filters, levels, blocks, norm, groups } = spec;
  const weights = initialise(spec, 0);
  // Whatever the image, class 2 wins.
  views(weights).get("head.weight")?.fill(0);
  views(weights).get("head.bias")?.set([0, 0, 5]);
  const init = { product: "test", run: "test", round: 0, created: "2026-01-01T00:00:00Z", sites: [], scores: [] };
  const model = { architecture, filters, levels, blocks, norm, groups };
  const card = modelCard({ ...init, plan, model, tensors: tensorsDigest(weights) });
  const key = { kty: "OKP", crv: "Ed25519", x: "A".repeat(43) } as const;
  const bundle = readBundle(assembleBundle(weights, { card, signature: "a.b.c", key }));
  const engine = await openEngine({ choice: "plain" });
  try {
    await withScan(async (_dir, options, t1w) => {
      const { out, volumes } = await predict({ ...options, model: bundleModel(bundle) });
      const inside = t1w.map((value) => (value === 0 ? 0 : 2));
      assert.deepEqual((await readNifti(out)).data, inside);
      assert.deepEqual(
        volumes.map(({ name, voxels }) => [name, voxels]),
        [
          ["CSF", 0],
          ["GM", inside.filter((label) => label === 2).length],
        ],
      );
    });
  } finally {
    await engine.close();
  }
});

test("a real scan at 1 mm is labelled on exactly its own grid", async (t) => {
  if (!existsSync(REAL)) {
    t.skip(`there is no ${REAL}: the data for development are not beside the checkout`);
    return;
  }
  const dir = await mkdtemp(join(tmpdir(), "predict-"));
  try {
    const inputs = new Map(["T1w", "FLAIR"].map((suffix) => [suffix, join(REAL, `sub-07_${suffix}.nii.gz`)]));
    const { out } = await predict({ model: THRESHOLD, inputs, out: join(dir, "out.nii.gz") });
    const [source, labels] = [await readNifti(inputs.get("T1w") ?? ""), await readNifti(out)];
    assert.deepEqual(labels.grid, source.grid);
    assert.deepEqual(labels.header.placement, source.header.placement);
    assert.ok(source.data.every((value, v) => value !== 0 || labels.data[v] === 0));
    const bright = labels.data.filter((label) => label === 1).length;
    assert.ok(bright > 0.3 * source.data.filter((value) => value !== 0).length);
  } finally {
    await rm(dir, { recursive: true, force: true });
  }
});
