import { add, at } from "./array.js";
import type { Numbers, Shape5 } from "./array.js";
import { sizeOf } from "./geometry.js";

/** What the gradient of a group norm needs again, `[batch, groups]` each. */
interface Moments {
  readonly mean: Numbers;
  /** 1 / √(variance + epsilon) */
  readonly inverseDeviation: Numbers;
}

/** Where element `i` of a volume belongs. */
function placer(shape: Shape5, groups: number): { group: (i: number) => number; count: number } {
  const [n, d, h, w, c] = shape;
  const perSample = d * h * w * c;
  const perGroup = c / groups;
  if (!Number.isInteger(perGroup)) throw new RangeError(`${groups} groups do not divide ${c} channels`);
  return {
    group: (i) => Math.floor(i / perSample) * groups + Math.floor((i % c) / perGroup),
    count: sizeOf(shape) / (n * groups),
  };
}

/** Mean and inverse standard deviation (biased) of every sample and group. */
export function groupMoments(x: Numbers, shape: Shape5, groups: number, epsilon: number): Moments {
  const { group, count } = placer(shape, groups);
  const mean = new Float64Array(shape[0] * groups);
  const variance = new Float64Array(shape[0] * groups);
  for (let i = 0; i < x.length; i++) add(mean, group(i), at(x, i) / count);
  for (let i = 0; i < x.length; i++) add(variance, group(i), (at(x, i) - at(mean, group(i))) ** 2 / count);
  return { mean, inverseDeviation: variance.map((value) => 1 / Math.sqrt(value + epsilon)) };
}

/** Scale, shift and, if asked for, max(0, ·) of the normalised volume. */
export function groupNorm(
  x: Numbers,
  shape: Shape5,
  gamma: Numbers,
  beta: Numbers,
  moments: Moments,
  groups: number,
  relu: boolean,
): Float64Array {
  const { group } = placer(shape, groups);
  const c = shape[4];
  return Float64Array.from(x, (value, i) => {
    const normalised = (value - at(moments.mean, group(i))) * at(moments.inverseDeviation, group(i));
    const y = normalised * at(gamma, i % c) + at(beta, i % c);
    return relu && y < 0 ? 0 : y;
  });
}

/**
 * Gradients of group norm + ReLU. With x̂ normalised, δ the gradient behind scale and ReLU and means over the group:
 * dx = (δ·γ − mean(δ·γ) − x̂ · mean(δ·γ·x̂)) / deviation.
 */
export function groupNormGrad(
  dy: Numbers,
  x: Numbers,
  shape: Shape5,
  gamma: Numbers,
  beta: Numbers,
  moments: Moments,
  groups: number,
  relu: boolean,
): { dx: Float64Array; dgamma: Float64Array; dbeta: Float64Array } {
  const { group, count } = placer(shape, groups);
  const c = shape[4];
  const normalised = Float64Array.from(
    x,
    (value, i) => (value - at(moments.mean, group(i))) * at(moments.inverseDeviation, group(i)),
  );
  const behind = Float64Array.from(dy, (value, i) => {
    const y = at(normalised, i) * at(gamma, i % c) + at(beta, i % c);
    return relu && y <= 0 ? 0 : value;
  });
  const dgamma = new Float64Array(c);
  const dbeta = new Float64Array(c);
  const mean = new Float64Array(shape[0] * groups);
  const slope = new Float64Array(shape[0] * groups);
  behind.forEach((value, i) => {
    const scaled = value * at(gamma, i % c);
    add(dgamma, i % c, value * at(normalised, i));
    add(dbeta, i % c, value);
    add(mean, group(i), scaled / count);
    add(slope, group(i), (scaled * at(normalised, i)) / count);
  });
  const dx = behind.map((value, i) => {
    const centred = value * at(gamma, i % c) - at(mean, group(i)) - at(normalised, i) * at(slope, group(i));
    return centred * at(moments.inverseDeviation, group(i));
  });
  return { dx, dgamma, dbeta };
}
