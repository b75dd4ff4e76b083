import { tf } from "../tf.js";
import { KERNELS } from "../ops/contracts.js";
import { kernelInputs } from "../ops/inputs.js";
import type { KernelInputs } from "../ops/inputs.js";
import { registerNormPool } from "../ops/norm-pool.js";
import type {
  AceAttributes,
  AdamAttributes,
  GroupNormAttributes,
  MarginalDiceAttributes,
  SgdAttributes,
} from "../ops/contracts.js";
import { aceForwardBackward } from "./ace.js";
import type { Numbers, Shape5, Sides } from "./array.js";
import * as convolution from "./convolution.js";
import { marginalDiceForwardBackward } from "./dice.js";
import { groupMoments, groupNorm, groupNormGrad } from "./normalisation.js";
import * as optimisers from "./optimisers.js";
import { maxPool3d, maxPool3dGrad } from "./pooling.js";

/** What is used of tfjs' plain backend. */
interface CpuBackend {
  readonly data: { get(dataId: object): { readonly values: Float32Array } };
  makeTensorInfo(shape: number[], dtype: "float32", values: Float32Array): tf.TensorInfo;
}
export interface Array5 {
  readonly values: Float32Array;
  readonly shape: Shape5;
}
interface Result {
  readonly values: Numbers | readonly number[];
  readonly shape: readonly number[];
}
export type Attributes = Readonly<Record<string, unknown>>;
type Operation = (input: KernelInputs<Array5>, attributes: Attributes) => readonly Result[];

const sides = (shape: readonly number[]): Sides => [shape[0] ?? 0, shape[1] ?? 0, shape[2] ?? 0];
const like = (values: Numbers, array: Array5): Result => ({ values, shape: array.shape });
const vector = (values: Numbers): Result => ({ values, shape: [values.length] });
const scalar = (value: number): Result => ({ values: [value], shape: [] });

const OPERATIONS: Readonly<Record<string, Operation>> = {
  [KERNELS.conv3d]: (input) => {
    const [x, filter] = [input("x"), input("filter")];
    const bias = input.has("bias") ? input("bias").values : new Float32Array(filter.shape[4]);
    return [convolution.conv3d(x.values, x.shape, filter.values, sides(filter.shape), bias)];
  },
  [KERNELS.conv3dGradInput]: (input) => {
    const [dy, filter] = [input("dy"), input("filter")];
    const [n, d, h, w] = dy.shape;
    const ci = filter.shape[3];
    const dx = convolution.conv3dGradInput(dy.values, dy.shape, filter.values, sides(filter.shape), ci);
    return [{ values: dx, shape: [n, d, h, w, ci] }];
  },
  [KERNELS.conv3dGradFilter]: (input, attributes) => {
    const [x, dy] = [input("x"), input("dy")];
    const kernel = sides(attributes["kernel"] as readonly number[]);
    const filter = convolution.conv3dGradFilter(x.values, x.shape, dy.values, kernel, dy.shape[4]);
    return [{ values: filter, shape: [...kernel, x.shape[4], dy.shape[4]] }];
  },
  [KERNELS.convTranspose3d]: (input) => {
    const [x, filter, bias] = [input("x"), input("filter"), input("bias")];
    return [convolution.convTranspose3d(x.values, x.shape, filter.values, bias.values)];
  },
  [KERNELS.convTranspose3dGradInput]: (input) => {
    const [dy, filter] = [input("dy"), input("filter")];
    const [n, d, h, w, co] = dy.shape;
    const shape: Shape5 = [n, d / 2, h / 2, w / 2, filter.shape[4]];
    return [{ values: convolution.convTranspose3dGradInput(dy.values, shape, filter.values, co), shape }];
  },
  [KERNELS.convTranspose3dGradFilter]: (input) => {
    const [x, dy] = [input("x"), input("dy")];
    const filter = convolution.convTranspose3dGradFilter(x.values, x.shape, dy.values, dy.shape[4]);
    return [{ values: filter, shape: [2, 2, 2, dy.shape[4], x.shape[4]] }];
  },
  [KERNELS.biasGrad]: (input) => [vector(convolution.biasGrad(input("dy").values, input("dy").shape[4]))],
  [KERNELS.maxPool3d]: (input) => [maxPool3d(input("x").values, input("x").shape)],
  [KERNELS.maxPool3dGrad]: (input) => {
    const [dy, x] = [input("dy"), input("x")];
    return [like(maxPool3dGrad(dy.values, x.values, x.shape), x)];
  },
  [KERNELS.groupNorm]: (input, attributes) => {
    const { groups, epsilon, relu } = attributes as unknown as GroupNormAttributes;
    const x = input("x");
    const moments = groupMoments(x.values, x.shape, groups, epsilon);
    const y = groupNorm(x.values, x.shape, input("gamma").values, input("beta").values, moments, groups, relu);
    const shape = [x.shape[0], groups];
    return [like(y, x), { values: moments.mean, shape }, { values: moments.inverseDeviation, shape }];
  },
  [KERNELS.groupNormGrad]: (input, attributes) => {
    const { groups, relu } = attributes as unknown as GroupNormAttributes;
    const [dy, x, gamma, beta] = [input("dy"), input("x"), input("gamma"), input("beta")];
    const moments = { mean: input("mean").values, inverseDeviation: input("inverseDeviation").values };
    const gradient = groupNormGrad(dy.values, x.values, x.shape, gamma.values, beta.values, moments, groups, relu);
    return [like(gradient.dx, x), vector(gradient.dgamma), vector(gradient.dbeta)];
  },
  [KERNELS.ace]: (input, attributes) => {
    const { sets } = attributes as unknown as AceAttributes;
    const logits = input("logits");
    const { loss, gradient } = aceForwardBackward(logits.values, input("labels").values, sets, logits.shape[4]);
    return [scalar(loss), like(gradient, logits)];
  },
  [KERNELS.marginalDice]: (input, attributes) => {
    const { sets, foreground } = attributes as unknown as MarginalDiceAttributes;
    const logits = input("logits");
    const labels = input("labels").values;
    const result = marginalDiceForwardBackward(logits.values, labels, sets, foreground, logits.shape[4]);
    return [scalar(result.loss), like(result.gradient, logits)];
  },
  [KERNELS.scale]: (input) => {
    const [x, factor] = [input("x"), input("factor").values[0] ?? Number.NaN];
    return [
      like(
        x.values.map((value) => value * factor),
        x,
      ),
    ];
  },
  [KERNELS.sgd]: (input, attributes) => {
    const [w, g, velocity] = [input("variable"), input("gradient"), input("velocity")];
    const next = optimisers.sgdStep(w.values, g.values, velocity.values, attributes as unknown as SgdAttributes);
    return [like(next.variable, w), like(next.velocity, w)];
  },
  [KERNELS.adam]: (input, attributes) => {
    const [w, g, m, v] = [input("variable"), input("gradient"), input("m"), input("v")];
    const options = attributes as unknown as AdamAttributes;
    const next = optimisers.adamStep(w.values, g.values, m.values, v.values, options);
    return [like(next.variable, w), like(next.m, w), like(next.v, w)];
  },
};

/**
 * One plain operation on plain arrays.
 *
 * @throws TypeError if there is none of this name
 */
export function runPlain(kernelName: string, input: KernelInputs<Array5>, attributes: Attributes): readonly Result[] {
  const operation = OPERATIONS[kernelName];
  if (operation === undefined) throw new TypeError(`there is no plain ${kernelName}`);
  return operation(input, attributes);
}

/**
 * Registers the plain operations on tfjs' `cpu` backend: slow, in float64 inside, the reference of every engine.
 * Calling it again does nothing.
 */
export function registerPlainKernels(): void {
  const registered = new Set(tf.getKernelsForBackend("cpu").map((kernel) => kernel.kernelName));
  for (const kernelName of Object.keys(OPERATIONS)) {
    if (registered.has(kernelName)) continue;
    tf.registerKernel({
      kernelName,
      backendName: "cpu",
      kernelFunc: ({ inputs, attrs, backend }) => {
        const cpu = backend as unknown as CpuBackend;
        const input = kernelInputs(kernelName, inputs, ({ dataId, shape }): Array5 => ({
          values: cpu.data.get(dataId).values,
          shape: shape as unknown as Shape5,
        }));
        const outputs = runPlain(kernelName, input, attrs as unknown as Attributes).map(({ values, shape }) =>
          cpu.makeTensorInfo([...shape], "float32", Float32Array.from(values)),
        );
        const [only] = outputs;
        return only !== undefined && outputs.length === 1 ? only : outputs;
      },
    });
  }
  if (!registered.has(KERNELS.groupNormPool)) registerNormPool("cpu");
}
