import { add, at } from "./array.js";
import type { Numbers, Shape5 } from "./array.js";
import { doublingTaps, halved, sizeOf } from "./geometry.js";

/** Maximum over blocks of 2×2×2 voxels; `shape` is that of `x`, its sides even. */
export function maxPool3d(x: Numbers, shape: Shape5): { values: Float64Array; shape: Shape5 } {
  const out = halved(shape);
  const from = firstMaxima(x, shape);
  return { values: Float64Array.from(from, (index) => at(x, index)), shape: out };
}

/** Gradient of {@link maxPool3d}: all of it to the first of equal voxels in memory order. */
export function maxPool3dGrad(dy: Numbers, x: Numbers, shape: Shape5): Float64Array {
  const dx = new Float64Array(x.length);
  firstMaxima(x, shape).forEach((index, i) => {
    add(dx, index, at(dy, i));
  });
  return dx;
}

/** For every element of the pooled volume the element of `x` it comes from. */
function firstMaxima(x: Numbers, shape: Shape5): Int32Array {
  const channels = shape[4];
  const out = halved(shape);
  const from = new Int32Array(sizeOf(out)).fill(-1);
  doublingTaps(out, (fine, coarse) => {
    for (let c = 0; c < channels; c++) {
      const best = at(from, coarse * channels + c);
      if (best < 0 || at(x, fine * channels + c) > at(x, best)) from[coarse * channels + c] = fine * channels + c;
    }
  });
  return from;
}
