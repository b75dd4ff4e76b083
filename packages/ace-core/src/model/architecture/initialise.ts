import { seededRandom } from "../../foundation/index.js";
import type { Random } from "../../foundation/index.js";
import { views, weightSet } from "../../tensors/index.js";
import type { TensorSpec, WeightSet } from "../../tensors/index.js";
import { tensorSpecs } from "./architecture.js";
import type { NetworkSpec } from "./spec.js";

/** Uniform numbers in one approximately normal one: their variances of 1/12 add up to 1. */
const UNIFORMS = 12;

/**
 * Initial weights: convolutions after He et al. (ICCV 2015, eq. 10), normal with variance 2 / fan-in; scales 1, biases
 * and shifts 0. Each tensor has a generator of its own, named after it.
 *
 * The normal numbers are sums of twelve uniform ones, made with additions and one square root per tensor. These are
 * exact in IEEE arithmetic, so the weights are the same to the last bit on every machine, which those of Box and
 * Muller's logarithms and cosines need not be.
 */
export function initialise(spec: NetworkSpec, seed: number): WeightSet {
  const weights = weightSet(tensorSpecs(spec));
  const values = views(weights);
  const random = seededRandom(seed);
  for (const tensor of weights.specs) {
    const view = values.get(tensor.name);
    if (tensor.name.endsWith(".bias")) continue;
    if (tensor.shape.length === 1) view?.fill(1);
    else fillNormal(view ?? new Float32Array(), Math.sqrt(2 / fanIn(tensor)), random.fork(tensor.name));
  }
  return weights;
}

/** Inputs to one output of a convolution. With stride 2 and a 2×2×2 filter an output has one voxel to come from. */
function fanIn({ name, shape }: TensorSpec): number {
  const [depth = 1, height = 1, width = 1, fourth = 1, fifth = 1] = shape;
  return name.startsWith("up.") ? fifth : depth * height * width * fourth;
}

function fillNormal(values: Float32Array, deviation: number, random: Random): void {
  for (let i = 0; i < values.length; i++) {
    let sum = -UNIFORMS / 2;
    for (let j = 0; j < UNIFORMS; j++) sum += random.uniform();
    values[i] = deviation * sum;
  }
}
