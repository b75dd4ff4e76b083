import assert from "node:assert/strict";
import { after, test } from "node:test";
import { diceTargets } from "../../ops/targets.js";
import { loadDawn } from "../dawn.js";
import type { Gpu, GpuDevice } from "../gpu.js";
import * as arrange from "./arrange.js";
import { filterGradientShader } from "./filter-gradient.js";
import { depthOf, rowsOf } from "./gather.js";
import type { Gather } from "./gather.js";
import * as losses from "./losses.js";
import * as normalisation from "./normalisation.js";
import * as optimisers from "./optimisers.js";
import * as pooling from "./pooling.js";
import { productShader } from "./product.js";
import { zerosShader } from "./shader.js";
import type { Shader } from "./shader.js";
import * as sums from "./sums.js";
import { gradientTile, productParts, productTile, threadsOf, tileColumns, tileRows } from "./tile.js";
import type { Tile } from "./tile.js";

const grid = [2, 8, 10, 12] as const;
const GATHERS: readonly Gather[] = [
  { kind: "same", grid, sides: [3, 3, 3], channels: 1 },
  { kind: "same", grid, sides: [3, 3, 3], channels: 64 },
  { kind: "same", grid: [7, 32, 32, 32], sides: [3, 3, 3], channels: 32 },
  { kind: "same", grid: [7, 4, 4, 4], sides: [3, 3, 3], channels: 256 },
  { kind: "same", grid, sides: [1, 1, 1], channels: 7 },
  { kind: "doubled", grid, sides: [2, 2, 2], channels: 5 },
  { kind: "doubled", grid, sides: [2, 2, 2], channels: 64 },
];
const COLUMNS = [1, 5, 8, 16, 30, 64, 256];

function products(half: boolean): Shader[] {
  return GATHERS.flatMap((gather) =>
    COLUMNS.flatMap((columns) => {
      const [rows, depth] = [rowsOf(gather), depthOf(gather)];
      const tile = productTile(rows, columns);
      const parts = productParts(rows, columns, depth, tile);
      const common = { gather, columns, tile, half, scaled: half };
      const gradient = gradientTile(depth, columns, rows);
      return [
        productShader({ ...common, parts, bias: parts === 1, doubling: false }),
        ...(columns % 8 === 0 ? [productShader({ ...common, parts: 1, bias: true, doubling: true })] : []),
        filterGradientShader({ gather, columns, tile: gradient, parts: 3, half, scaled: "other" }),
      ];
    }),
  );
}

function others(): Shader[] {
  const dice = { voxels: 1000, classes: 5, sets: [1, 6, 31], foreground: [1] };
  // As many sets as a label map can score: a value for each of the 256, the first of them the background.
  const sets = Array.from({ length: 256 }, (_, s) => (s === 0 ? 1 : 2 * s));
  const crowded = { voxels: 1000, classes: 31, sets, foreground: sets.slice(1).map((_, i) => i + 1) };
  return [
    ...[1, 6, 64, 100].flatMap((channels) => {
      const rows = { samples: 2, voxels: 1000, channels };
      const groups = channels % 2 === 0 ? 2 : 1;
      return [
        sums.momentsShader(rows),
        sums.channelSumsShader(rows),
        sums.finishChannelSumsShader(rows),
        ...[false, true].flatMap((relu) => [
          sums.gradientSumsShader(rows, groups, relu),
          normalisation.normaliseShader(rows, groups, relu),
          normalisation.normaliseGradientShader(rows, groups, relu),
        ]),
        normalisation.finishMomentsShader(rows, groups, 1e-5),
        normalisation.finishGradientShader(rows, groups),
        pooling.maxPoolShader(grid, channels),
        pooling.maxPoolGradientShader(grid, channels),
      ];
    }),
    arrange.turnedFilterShader(27, 3, 5),
    arrange.transposeShader(3, 5),
    arrange.addPartsShader(4, 100),
    arrange.addPartsShader(4, 100, { columns: 5 }),
    arrange.magnitudePartsShader(100_000),
    arrange.scaleShader(100_000),
    losses.aceShader(1000, 31, [1, 2 ** 31 - 1]),
    losses.meanShader(4, 1000),
    losses.diceSumsShader(dice),
    losses.diceLossShader(dice),
    losses.diceGradientShader(dice),
    losses.diceSumsShader(crowded),
    losses.diceLossShader(crowded),
    losses.diceGradientShader(crowded),
    optimisers.sgdShader(100, true),
    optimisers.sgdShader(100, false),
    optimisers.adamShader(100),
    optimisers.scaleByShader(100),
    zerosShader(10),
  ];
}

/** Dawn's backend that computes nothing has every feature, and needs no driver: it checks WGSL as the others do. */
async function nullDevice(): Promise<{ device: GpuDevice; gpu: Gpu } | { reason: string }> {
  try {
    const dawn = await loadDawn();
    const gpu = dawn.create(["backend=null"]);
    const adapter = await gpu.requestAdapter();
    if (adapter === null) return { reason: "Dawn has no null backend here" };
    const device = await adapter.requestDevice({ requiredFeatures: ["shader-f16"], requiredLimits: {} });
    // Dawn ends when its object is collected.
    return { gpu, device };
  } catch (error) {
    return { reason: String(error) };
  }
}

const opened = await nullDevice();
const skip = "reason" in opened ? opened.reason : false;
after(() => {
  if ("device" in opened) opened.device.destroy();
});

async function compile(shader: Shader): Promise<void> {
  if (!("device" in opened)) return;
  const { device } = opened;
  const { label, code } = shader;
  const module = device.createShaderModule({ code, label });
  const { messages } = await module.getCompilationInfo();
  assert.deepEqual(
    messages.map(({ message }) => message),
    [],
    `${label}\n${code}`,
  );
  await device.createComputePipelineAsync({ label, layout: "auto", compute: { module, entryPoint: "main" } });
  const [x, y, z] = shader.grid;
  assert.ok(x <= 65_535 && y <= 65_535 && z === 1, label);
}

test("every shader is valid WGSL on a device with the least limits there are", { skip }, async () => {
  for (const shader of [...products(false), ...others()]) await compile(shader);
});

test("the convolutions in 16 bits are valid WGSL", { skip }, async () => {
  const shaders = products(true);
  assert.ok(shaders.every(({ half }) => half));
  for (const shader of shaders) await compile(shader);
});

test("tiles keep to what every device has: 256 invocations, 16 KiB of workgroup memory", () => {
  const bytes = (tile: Tile, rowVectors: number): number => 16 * (rowVectors + (tile.depth * tileColumns(tile)) / 4);
  for (const rows of [60, 1000, 8000, 250_000]) {
    for (const columns of [1, 4, 5, 8, 16, 32, 64, 100, 512]) {
      const product = productTile(rows, columns);
      const gradient = gradientTile(rows, columns, 100_000);
      assert.ok(threadsOf(product) <= 256 && threadsOf(gradient) <= 256);
      assert.ok(bytes(product, tileRows(product) * (product.depth / 4 + 1)) <= 16_384, `${rows} by ${columns}`);
      assert.ok(bytes(gradient, (gradient.depth * tileRows(gradient)) / 4) <= 16_384, `${rows} by ${columns}`);
    }
  }
});

test("more workgroups than one dimension holds go to the second, and none is left out", () => {
  const { grid: groups } = zerosShader(65_535 * 256 * 3 + 1);
  assert.ok(groups[0] <= 65_535 && groups[0] * groups[1] >= 65_535 * 3 + 1);
});

test("the table of Dice's targets says of every label and set what the label tells, for any number of sets", () => {
  for (const scored of [1, 16, 17, 33, 64, 255]) {
    const sets = Array.from({ length: scored + 1 }, (_, s) => (s === 0 ? 1 : 2 * s));
    const foreground = sets.slice(1).map((_, i) => i + 1);
    const { code } = losses.diceSumsShader({ voxels: 1000, classes: 9, sets, foreground });
    const table = [...(/const TARGETS = [^(]*\(([^)]*)\)/.exec(code)?.[1] ?? "").matchAll(/(\d+)u/g)].map(([, word]) =>
      Number(word),
    );
    const reads = [...code.matchAll(/targets\[label \* (\d+)u \+ (\d+)u\] >> (\d+)u\) & 3u\) - 1;/g)];
    const read = sets.flatMap((_, label) =>
      reads.map(
        ([, words, word, shift]) => (((table[label * Number(words) + Number(word)] ?? 0) >>> Number(shift)) & 3) - 1,
      ),
    );
    assert.deepEqual(read, [...diceTargets(sets, foreground)], `${scored} sets`);
  }
});
