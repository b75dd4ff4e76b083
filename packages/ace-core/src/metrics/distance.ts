import type { Size, SpacingMm } from "./masks.js";

/**
 * Squared Euclidean distance in mm² from every voxel to the nearest voxel of `mask`, exact: one pass of the lower
 * envelope of parabolas along each axis (Felzenszwalb & Huttenlocher, Theory of Computing 8, 2012), in float64.
 *
 * @param mask non-zero where the distance is 0; at least one voxel.
 */
export function squaredDistances(mask: Uint8Array, size: Size, spacing: SpacingMm): Float64Array {
  const distances = Float64Array.from(mask, (value) => (value === 0 ? Infinity : 0));
  const [depth, height, width] = size;
  const longest = Math.max(...size);
  const scratch = {
    values: new Float64Array(longest),
    vertices: new Int32Array(longest),
    borders: new Float64Array(longest + 1),
  };
  const lines: [number, number, number, number, number, number][] = [
    // count and stride of the two other axes, then length and stride of this one
    [depth, height * width, height, width, width, 1],
    [depth, height * width, width, 1, height, width],
    [height, width, width, 1, depth, height * width],
  ];
  for (const [axis, [outer, outerStride, inner, innerStride, length, stride]] of lines.entries()) {
    const weight = (spacing[2 - axis] ?? 1) ** 2;
    for (let i = 0; i < outer; i++) {
      for (let j = 0; j < inner; j++) {
        transformLine(distances, i * outerStride + j * innerStride, length, stride, weight, scratch);
      }
    }
  }
  return distances;
}

interface Scratch {
  readonly values: Float64Array;
  /** Where the parabolas of the lower envelope stand. */
  readonly vertices: Int32Array;
  /** From where on each of them is the lowest. */
  readonly borders: Float64Array;
}

/** min over q of weight (p − q)² + f(q) for every p of one line, in place. */
function transformLine(
  data: Float64Array,
  start: number,
  length: number,
  stride: number,
  weight: number,
  { values, vertices, borders }: Scratch,
): void {
  let count = 0;
  for (let q = 0; q < length; q++) {
    const f = data[start + q * stride] ?? 0;
    values[q] = f;
    if (f === Infinity) continue;
    let border = -Infinity;
    while (count > 0) {
      const v = vertices[count - 1] ?? 0;
      border = ((f - (values[v] ?? 0)) / weight + q * q - v * v) / (2 * (q - v));
      if (border > (borders[count - 1] ?? 0)) break;
      count--;
      border = -Infinity;
    }
    vertices[count] = q;
    borders[count] = border;
    count++;
  }
  if (count === 0) return;
  for (let p = 0, k = 0; p < length; p++) {
    while (k + 1 < count && (borders[k + 1] ?? 0) < p) k++;
    const v = vertices[k] ?? 0;
    data[start + p * stride] = weight * (p - v) ** 2 + (values[v] ?? 0);
  }
}
