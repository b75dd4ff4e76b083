import assert from "node:assert/strict";
import { test } from "node:test";
import { listEngines, openEngine } from "../open.js";
import { KERNELS } from "../ops/index.js";
import { kernelInputs } from "../ops/inputs.js";
import { relativeError } from "../../numerics/compare.test.helper.js";
import { tf } from "../tf.js";
import type { TfjsWebgpu } from "./backend.js";
import { CONVOLUTIONS } from "./convolution.js";
import { runnerOf } from "./run.js";
import type { Runner } from "./run.js";
import type { Shader } from "./shaders/shader.js";

const webgpu = (await listEngines()).find(({ name }) => name === "webgpu");
const skip = webgpu?.usable === true ? false : (webgpu?.reason ?? "not listed");

/**
 * The shaders for 16 bits with 32 in place of them, where the adapter has none (SwiftShader): everything but the
 * rounding. Mesa's llvmpipe has them from version 23 on.
 */
function widened(runner: Runner): Runner {
  const wide = new Map<Shader, Shader>();
  return {
    ...runner,
    half: true,
    run: (shader, ...rest) => {
      let made = wide.get(shader);
      if (made === undefined) {
        made = { ...shader, code: shader.code.replace("enable f16;", "").replaceAll("f16", "f32") };
        wide.set(shader, made);
      }
      runner.run(made, ...rest);
    },
  };
}

const [n, side, from, to] = [2, 4, 6, 8] as const;
const volume = (channels: number, at: number = side): number[] => [n, at, at, at, channels];

/** Kernels with their inputs; a gradient's numbers are as small as those of a loss over a million voxels. */
const CASES: readonly { readonly kernel: string; readonly inputs: Readonly<Record<string, number[]>> }[] = [
  { kernel: KERNELS.conv3d, inputs: { x: volume(from), filter: [3, 3, 3, from, to], bias: [to] } },
  { kernel: KERNELS.conv3dGradInput, inputs: { dy: volume(to), filter: [3, 3, 3, from, to] } },
  { kernel: KERNELS.conv3dGradFilter, inputs: { x: volume(from), dy: volume(to) } },
  { kernel: KERNELS.convTranspose3d, inputs: { x: volume(from), filter: [2, 2, 2, to, from], bias: [to] } },
  { kernel: KERNELS.convTranspose3dGradInput, inputs: { dy: volume(to, 2 * side), filter: [2, 2, 2, to, from] } },
  { kernel: KERNELS.convTranspose3dGradFilter, inputs: { x: volume(from), dy: volume(to, 2 * side) } },
];

/** A small gradient, its largest magnitude far from 1. */
const GRADIENT = 1e-7;

test("in mixed precision the convolutions scale gradients up and their results back down", { skip }, async () => {
  const engine = await openEngine({ choice: "webgpu" });
  try {
    const plain = runnerOf(tf.backend() as unknown as TfjsWebgpu);
    const mixed = plain.half ? plain : widened(plain);
    for (const { kernel, inputs } of CASES) {
      const tensors = Object.fromEntries(
        Object.entries(inputs).map(([name, shape], i) => [
          name,
          tf.randomNormal(shape, 0, name === "dy" ? GRADIENT : 1, "float32", i + 1),
        ]),
      );
      const input = kernelInputs<tf.TensorInfo>(kernel, tensors, (tensor) => tensor);
      const sides = kernel.includes("Transpose") ? [2, 2, 2] : [3, 3, 3];
      const run = async (runner: Runner, precision: string): Promise<ArrayLike<number>> => {
        const [output] = CONVOLUTIONS[kernel]?.(runner, input, { kernel: sides, precision }) ?? [];
        const tensor = tf.engine().makeTensorFromTensorInfo(output ?? assert.fail(kernel));
        const values = await tensor.data();
        tensor.dispose();
        return values;
      };
      const [expected, actual] = [await run(plain, "float32"), await run(mixed, "mixed")];
      const error = relativeError(actual, expected, GRADIENT * 1e-3);
      assert.ok(error < (plain.half ? 5e-3 : 5e-6), `${kernel}: ${error.toExponential(1)}`);
      tf.dispose(Object.values(tensors));
    }
  } finally {
    await engine.close();
  }
});
