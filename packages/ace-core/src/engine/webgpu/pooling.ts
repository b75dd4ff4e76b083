import { KERNELS } from "../ops/contracts.js";
import type { tf } from "../tf.js";
import { shape5 } from "./kernel.js";
import type { Kernel } from "./kernel.js";
import type { Grid } from "./shaders/gather.js";
import { maxPoolGradientShader, maxPoolShader } from "./shaders/pooling.js";

function volume(x: tf.TensorInfo): { grid: Grid; channels: number } {
  const [n, d, h, w, channels] = shape5(x);
  return { grid: [n, d, h, w], channels };
}

export const POOLING: Readonly<Record<string, Kernel>> = {
  [KERNELS.maxPool3d]: (runner, input) => {
    const x = input("x");
    const { grid, channels } = volume(x);
    const y = runner.make([grid[0], grid[1] / 2, grid[2] / 2, grid[3] / 2, channels]);
    runner.run(runner.shader(maxPoolShader, grid, channels), [x], [y]);
    return [y];
  },
  [KERNELS.maxPool3dGrad]: (runner, input) => {
    const [dy, x] = [input("dy"), input("x")];
    const { grid, channels } = volume(x);
    const dx = runner.make(x.shape);
    runner.run(runner.shader(maxPoolGradientShader, grid, channels), [dy, x], [dx]);
    return [dx];
  },
};
