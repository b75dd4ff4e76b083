import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { isFedaceError } from "../../foundation/index.js";
import { listEngines, openEngine } from "../open.js";
import { conv3d, convTranspose3d } from "../ops/index.js";
import { relativeError } from "../../numerics/compare.test.helper.js";
import { tf } from "../tf.js";
import type { EngineName } from "../types.js";
import { productTile } from "./shaders/tile.js";

const index = fileURLToPath(new URL("../index.js", import.meta.url));
const found = (await listEngines()).find(({ name }) => name === "webgpu");
const skip = found?.usable === true ? false : (found?.reason ?? "not listed");
const software = found?.usable === true && found.device.includes("software adapter");

/** What a process of its own prints that runs `body` with the engine open as `engine`. */
function inProcess(body: string): { status: number | null; stdout: string; stderr: string } {
  const script = `
    const { openEngine, tf } = await import(${JSON.stringify(index)});
    const engine = await openEngine({ choice: "webgpu" });
    ${body}`;
  const { status, stdout, stderr } = spawnSync(process.execPath, ["--input-type=module", "-e", script], {
    encoding: "utf8",
    timeout: 60_000,
  });
  // Dawn itself warns of what it makes of some drivers' limits.
  return { status, stdout, stderr: stderr.replaceAll(/^Warning: .*limit\.\n/gm, "") };
}

const SUM = "console.log((await tf.tidy(() => tf.add(tf.ones([5000]), 1)).data())[0]);";

test(
  "a process that closed the engine ends by itself, prints nothing of its own, and leaves no globals",
  { skip },
  () => {
    const after = `console.log(typeof globalThis.GPUBuffer, typeof globalThis.navigator?.gpu);`;
    const { status, stdout, stderr } = inProcess(`${SUM} await engine.close(); ${after}`);
    assert.deepEqual({ status, stdout, stderr }, { status: 0, stdout: "2\nundefined undefined\n", stderr: "" });
  },
);

test("a process that did not close the engine ends as well", { skip }, () => {
  assert.deepEqual(inProcess(SUM), { status: 0, stdout: "2\n", stderr: "" });
});

test(
  "a software adapter is never chosen by auto",
  { skip: skip === false && !software ? "there is a GPU" : skip },
  async () => {
    const engine = await openEngine();
    assert.notEqual(engine.name, "webgpu");
    assert.match(engine.reason, /webgpu: no GPU/);
    await engine.close();
  },
);

test("a process that uses another engine does not load Dawn", () => {
  const script = `
    const { openEngine } = await import(${JSON.stringify(index)});
    const engine = await openEngine({ choice: "wasm", threads: 1 });
    await engine.close();
    console.log(Object.keys(process.report.getReport().sharedObjects).length > 0,
      process.report.getReport().sharedObjects.some((path) => path.includes("dawn")));`;
  const { stdout } = spawnSync(process.execPath, ["--input-type=module", "-e", script], { encoding: "utf8" });
  assert.equal(stdout, "true false\n");
});

test("a tensor beyond the device's buffers is ENGINE_MEMORY, with both sizes", { skip }, async () => {
  const engine = await openEngine({ choice: "webgpu" });
  try {
    const { largestTensorBytes = Number.NaN } = engine;
    const side = Math.ceil(Math.sqrt(largestTensorBytes / 4)) + 1;
    // Two small ones spread out: nothing of that size is on this side.
    assert.throws(
      () => tf.tidy(() => tf.add(tf.ones([side, 1]), tf.add(tf.ones([1, side]), tf.ones([1, side])))),
      (error) => isFedaceError(error, "ENGINE_MEMORY") && /\d+ MiB.*at most \d+ MiB/.test(error.message),
    );
  } finally {
    await engine.close();
  }
});

test("an error on the device is ENGINE_FAILED when results are read, never a number", { skip }, async () => {
  const engine = await openEngine({ choice: "webgpu" });
  try {
    // More buffers than a shader can have, which tfjs does not look at.
    const many = Array.from({ length: 70 }, () => tf.add(tf.ones([2000]), 1));
    const sum = tf.addN(many);
    await assert.rejects(sum.data(), (error) => isFedaceError(error, "ENGINE_FAILED"));
    await assert.rejects(tf.add(many[0] ?? 0, 1).data(), (error) => isFedaceError(error, "ENGINE_FAILED"));
    tf.dispose([...many, sum]);
  } finally {
    await engine.close();
  }
});

test("the engine counts the bytes of its buffers", { skip }, async () => {
  const engine = await openEngine({ choice: "webgpu" });
  const before = engine.peakBytes();
  await tf.tidy(() => tf.add(tf.ones([100_000]), tf.ones([100_000]))).data();
  assert.ok(engine.peakBytes() - before >= 1_200_000);
  await engine.close();
});

/** Sizes for which full tiles are chosen: rows, columns and depth that fill none of them. */
const LARGE = [
  { what: "16 columns, vectors", shape: [1, 7, 9, 11, 8], sides: [3, 3, 3], columns: 16 },
  { what: "30 columns, single numbers", shape: [2, 5, 9, 11, 5], sides: [3, 3, 1], columns: 30 },
  { what: "72 columns in parts", shape: [1, 5, 6, 7, 20], sides: [3, 3, 3], columns: 72 },
  { what: "6 columns", shape: [1, 9, 11, 13, 3], sides: [1, 3, 3], columns: 6 },
] as const;

test(
  "convolutions large enough for every kind of tile but the widest agree with the wasm engine",
  { skip },
  async (t) => {
    const run = async (choice: EngineName): Promise<ArrayLike<number>[]> => {
      const engine = await openEngine({ choice });
      const values: ArrayLike<number>[] = [];
      try {
        for (const { shape, sides, columns } of LARGE) {
          const [n, d, h, w, channels] = shape;
          const random = (size: number[], seed: number): tf.Tensor => tf.randomNormal(size, 0, 1, "float32", seed);
          const inputs = [random([...shape], 1), random([...sides, channels, columns], 2), random([columns], 3)];
          const dy = random([n, d, h, w, columns], 4);
          const f = (...[x, filter, bias]: tf.Tensor[]): tf.Tensor =>
            conv3d(x as tf.Tensor5D, filter as tf.Tensor5D, bias as tf.Tensor1D);
          const raising = [inputs[0], random([2, 2, 2, columns, channels], 5), inputs[2]] as tf.Tensor[];
          const raised = (...[x, filter, bias]: tf.Tensor[]): tf.Tensor =>
            convTranspose3d(x as tf.Tensor5D, filter as tf.Tensor5D, bias as tf.Tensor1D);
          const outputs = tf.tidy(() => [
            f(...inputs),
            ...tf.grads(f)(inputs, dy),
            raised(...raising),
            ...tf.grads(raised)(raising, random([n, 2 * d, 2 * h, 2 * w, columns], 6)),
          ]);
          for (const output of outputs) values.push(await output.data());
          tf.dispose([...inputs, ...raising, dy, ...outputs]);
        }
      } finally {
        await engine.close();
      }
      return values;
    };
    const [expected, actual] = [await run("wasm"), await run("webgpu")];
    const worst = Math.max(...expected.map((values, i) => relativeError(actual[i] ?? [], values)));
    t.diagnostic(`largest relative difference ${worst.toExponential(1)}`);
    assert.ok(worst < 5e-6, worst.toExponential(1));
  },
);

/** Rows and columns enough to fill a large card with tiles of 8×8 results an invocation; one tap keeps it quick. */
const WIDEST = [
  { what: "vectors", shape: [1, 33, 33, 33, 8], columns: 68 },
  { what: "single numbers", shape: [1, 34, 33, 33, 5], columns: 67 },
] as const;

test("the widest tile of the product agrees with the wasm engine", { skip }, async (t) => {
  for (const { what, shape, columns } of WIDEST) {
    const rows = shape[0] * shape[1] * shape[2] * shape[3];
    assert.deepEqual(productTile(rows, columns), { across: 8, down: 16, columns: 8, rows: 8, depth: 16 }, what);
    const on = async (choice: EngineName): Promise<ArrayLike<number>> => {
      const engine = await openEngine({ choice });
      try {
        const y = tf.tidy(() => {
          const x = tf.randomNormal<tf.Rank.R5>([...shape], 0, 1, "float32", 1);
          const filter = tf.randomNormal<tf.Rank.R5>([1, 1, 1, shape[4], columns], 0, 1, "float32", 2);
          return conv3d(x, filter, tf.randomNormal<tf.Rank.R1>([columns], 0, 1, "float32", 3));
        });
        const values = await y.data();
        y.dispose();
        return values;
      } finally {
        await engine.close();
      }
    };
    const error = relativeError(await on("webgpu"), await on("wasm"));
    t.diagnostic(`${what}: largest relative difference ${error.toExponential(1)}`);
    assert.ok(error < 5e-6, `${what}: ${error.toExponential(1)}`);
  }
});
