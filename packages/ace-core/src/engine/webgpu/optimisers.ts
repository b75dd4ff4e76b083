import { KERNELS } from "../ops/contracts.js";
import type { AdamAttributes, SgdAttributes } from "../ops/contracts.js";
import { sizeOf } from "./kernel.js";
import type { Kernel } from "./kernel.js";
import { adamShader, scaleByShader, sgdShader } from "./shaders/optimisers.js";

export const OPTIMISERS: Readonly<Record<string, Kernel>> = {
  [KERNELS.scale]: (runner, input) => {
    const [x, y] = [input("x"), runner.make(input("x").shape)];
    runner.run(runner.shader(scaleByShader, sizeOf(x)), [x, input("factor")], [y]);
    return [y];
  },
  [KERNELS.sgd]: (runner, input, attributes) => {
    const { learningRate, momentum, nesterov } = attributes as unknown as SgdAttributes;
    const inputs = ["variable", "gradient", "velocity"].map(input);
    const { shape } = input("variable");
    const outputs = [runner.make(shape), runner.make(shape)];
    const shader = runner.shader(sgdShader, sizeOf(input("variable")), nesterov);
    runner.run(shader, inputs, outputs, [learningRate, momentum]);
    return outputs;
  },
  [KERNELS.adam]: (runner, input, attributes) => {
    const { learningRate, beta1, beta2, epsilon, step } = attributes as unknown as AdamAttributes;
    const inputs = ["variable", "gradient", "m", "v"].map(input);
    const { shape } = input("variable");
    const outputs = [runner.make(shape), runner.make(shape), runner.make(shape)];
    // Differences of float64, then rounded once: 1 − 0.999 loses digits in float32.
    const rate = learningRate / (1 - beta1 ** step);
    const correction = 1 / Math.sqrt(1 - beta2 ** step);
    const uniforms = [rate, correction, beta1, 1 - beta1, beta2, 1 - beta2, epsilon];
    runner.run(runner.shader(adamShader, sizeOf(input("variable"))), inputs, outputs, uniforms);
    return outputs;
  },
};
