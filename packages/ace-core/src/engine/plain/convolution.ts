import { add, at } from "./array.js";
import type { Numbers, Shape5, Sides } from "./array.js";
import { doubled, doublingTaps, sameTaps, sizeOf, withChannels } from "./geometry.js";

/** 3D convolution, stride 1, zero padding; `filter` is `[kd, kh, kw, ci, co]`, `shape` that of `x`. */
export function conv3d(
  x: Numbers,
  shape: Shape5,
  filter: Numbers,
  sides: Sides,
  bias: Numbers,
): { values: Float64Array; shape: Shape5 } {
  const [ci, co] = [shape[4], bias.length];
  const out = withChannels(shape, co);
  const values = filledWith(bias, sizeOf(out));
  sameTaps(shape, sides, (to, from, tap) => {
    for (let i = 0; i < ci; i++)
      for (let o = 0; o < co; o++) add(values, to * co + o, at(x, from * ci + i) * at(filter, (tap * ci + i) * co + o));
  });
  return { values, shape: out };
}

/** Gradient of {@link conv3d} in its input; `shape` is that of `dy`, `ci` the input's channels. */
export function conv3dGradInput(dy: Numbers, shape: Shape5, filter: Numbers, sides: Sides, ci: number): Float64Array {
  const co = shape[4];
  const dx = new Float64Array(sizeOf(withChannels(shape, ci)));
  sameTaps(shape, sides, (to, from, tap) => {
    for (let i = 0; i < ci; i++)
      for (let o = 0; o < co; o++) add(dx, from * ci + i, at(dy, to * co + o) * at(filter, (tap * ci + i) * co + o));
  });
  return dx;
}

/** Gradient of {@link conv3d} in its filter; `shape` is that of `x`, `co` the channels of `dy`. */
export function conv3dGradFilter(x: Numbers, shape: Shape5, dy: Numbers, sides: Sides, co: number): Float64Array {
  const ci = shape[4];
  const filter = new Float64Array(sizeOf(sides) * ci * co);
  sameTaps(shape, sides, (to, from, tap) => {
    for (let i = 0; i < ci; i++)
      for (let o = 0; o < co; o++) add(filter, (tap * ci + i) * co + o, at(x, from * ci + i) * at(dy, to * co + o));
  });
  return filter;
}

/** Transposed 3D convolution, stride 2; `filter` is `[2, 2, 2, co, ci]`, `shape` that of `x`. */
export function convTranspose3d(
  x: Numbers,
  shape: Shape5,
  filter: Numbers,
  bias: Numbers,
): { values: Float64Array; shape: Shape5 } {
  const [ci, co] = [shape[4], bias.length];
  const out = doubled(withChannels(shape, co));
  const values = filledWith(bias, sizeOf(out));
  doublingTaps(shape, (fine, coarse, tap) => {
    for (let o = 0; o < co; o++)
      for (let i = 0; i < ci; i++)
        add(values, fine * co + o, at(x, coarse * ci + i) * at(filter, (tap * co + o) * ci + i));
  });
  return { values, shape: out };
}

/** Gradient of {@link convTranspose3d} in its input; `shape` is that of `x`, `co` the channels of `dy`. */
export function convTranspose3dGradInput(dy: Numbers, shape: Shape5, filter: Numbers, co: number): Float64Array {
  const ci = shape[4];
  const dx = new Float64Array(sizeOf(shape));
  doublingTaps(shape, (fine, coarse, tap) => {
    for (let o = 0; o < co; o++)
      for (let i = 0; i < ci; i++)
        add(dx, coarse * ci + i, at(dy, fine * co + o) * at(filter, (tap * co + o) * ci + i));
  });
  return dx;
}

/** Gradient of {@link convTranspose3d} in its filter; `shape` is that of `x`. */
export function convTranspose3dGradFilter(x: Numbers, shape: Shape5, dy: Numbers, co: number): Float64Array {
  const ci = shape[4];
  const filter = new Float64Array(8 * co * ci);
  doublingTaps(shape, (fine, coarse, tap) => {
    for (let o = 0; o < co; o++)
      for (let i = 0; i < ci; i++) add(filter, (tap * co + o) * ci + i, at(x, coarse * ci + i) * at(dy, fine * co + o));
  });
  return filter;
}

function filledWith(channels: Numbers, size: number): Float64Array {
  return new Float64Array(size).map((_, i) => at(channels, i % channels.length));
}

/** Gradient of a bias: the sum over all voxels of all samples. */
export function biasGrad(values: Numbers, channels: number): Float64Array {
  const sums = new Float64Array(channels);
  values.forEach((value, i) => {
    add(sums, i % channels, value);
  });
  return sums;
}
