import { requireLayout } from "./layout.js";
import type { WeightSet } from "./types.js";

/** Sum of squares in float64, in memory order. */
function sumOfSquares(values: Float32Array): number {
  let sum = 0;
  for (const value of values) sum += value * value;
  return sum;
}

/** Euclidean norm over all tensors, summed in float64. */
export function l2norm(weights: WeightSet): number {
  return Math.sqrt(sumOfSquares(weights.data));
}

/** Whether no value is infinite or NaN. */
export function allFinite(values: Float32Array): boolean {
  // Any NaN or infinity makes the product with 0 a NaN, and NaN stays; one pass without a branch per value.
  let probe = 0;
  for (const value of values) probe += value * 0;
  return probe === 0;
}

/** `a + b`. @throws WEIGHTS_LAYOUT if the layouts differ. */
export function add(a: WeightSet, b: WeightSet): WeightSet {
  return combine(a, b, 1);
}

/** `a − b`. @throws WEIGHTS_LAYOUT if the layouts differ. */
export function subtract(a: WeightSet, b: WeightSet): WeightSet {
  return combine(a, b, -1);
}

/** `factor · weights`. */
export function scale(weights: WeightSet, factor: number): WeightSet {
  return { specs: weights.specs, data: weights.data.map((value) => value * factor) };
}

function combine(a: WeightSet, b: WeightSet, sign: number): WeightSet {
  requireLayout(b.specs, a.specs);
  return { specs: a.specs, data: a.data.map((value, i) => value + sign * (b.data[i] ?? 0)) };
}
