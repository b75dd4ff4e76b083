import { KERNELS } from "../ops/contracts.js";
import type { GroupNormAttributes } from "../ops/contracts.js";
import type { tf } from "../tf.js";
import { shape5 } from "./kernel.js";
import type { Kernel } from "./kernel.js";
import {
  finishGradientShader,
  finishMomentsShader,
  normaliseGradientShader,
  normaliseShader,
} from "./shaders/normalisation.js";
import { gradientSumsShader, momentsShader, sumLayout } from "./shaders/sums.js";
import type { Rows } from "./shaders/sums.js";

function rowsOf(x: tf.TensorInfo): Rows {
  const [samples, d, h, w, channels] = shape5(x);
  return { samples, voxels: d * h * w, channels };
}

/** Sums over blocks, their end, and one pass that applies them: three dispatches forward and three back. */
export const NORMALISATION: Readonly<Record<string, Kernel>> = {
  [KERNELS.groupNorm]: (runner, input, attributes) => {
    const { groups, epsilon, relu } = attributes as unknown as GroupNormAttributes;
    const x = input("x");
    const rows = rowsOf(x);
    const partial = runner.make([rows.samples, sumLayout(rows).blocks, rows.channels, 4]);
    const [mean, inverse] = [runner.make([rows.samples, groups]), runner.make([rows.samples, groups])];
    const y = runner.make(x.shape);
    runner.run(runner.shader(momentsShader, rows), [x], [partial]);
    runner.run(runner.shader(finishMomentsShader, rows, groups, epsilon), [partial], [mean, inverse]);
    const inputs = [x, input("gamma"), input("beta"), mean, inverse];
    runner.run(runner.shader(normaliseShader, rows, groups, relu), inputs, [y]);
    runner.free(partial);
    return [y, mean, inverse];
  },
  [KERNELS.groupNormGrad]: (runner, input, attributes) => {
    const { groups, relu } = attributes as unknown as GroupNormAttributes;
    const rows = rowsOf(input("x"));
    const inputs = ["dy", "x", "gamma", "beta", "mean", "inverseDeviation"].map(input);
    const partial = runner.make([rows.samples, sumLayout(rows).blocks, rows.channels, 4]);
    const sums = runner.make([rows.samples, rows.channels, 2]);
    const means = runner.make([rows.samples, groups, 2]);
    const [dgamma, dbeta] = [runner.make([rows.channels]), runner.make([rows.channels])];
    const dx = runner.make(input("x").shape);
    runner.run(runner.shader(gradientSumsShader, rows, groups, relu), inputs, [partial]);
    const finish = runner.shader(finishGradientShader, rows, groups);
    runner.run(finish, [partial, input("gamma")], [sums, means, dgamma, dbeta]);
    runner.run(runner.shader(normaliseGradientShader, rows, groups, relu), [...inputs, means], [dx]);
    runner.free(partial, sums, means);
    return [dx, dgamma, dbeta];
  },
};
