import type { Grid } from "./gather.js";
import { elementOf, elementwise, lines, widthFor } from "./shader.js";
import type { Shader } from "./shader.js";

/** Where the block of pooled element `i` begins, and the way to each of its voxels, in elements. */
function blockCode(grid: Grid, elements: number): string {
  const [, d, h, w] = grid.map((side, axis) => (axis === 0 ? side : side / 2)) as unknown as Grid;
  return `
  let c = i % ${elements}u;
  let column = i / ${elements}u;
  let x0 = column % ${w}u * 2u;
  let y0 = column / ${w}u % ${h}u * 2u;
  let z0 = column / ${w * h}u % ${d}u * 2u;
  let b0 = column / ${w * h * d}u;
  let first = (((b0 * ${2 * d}u + z0) * ${2 * h}u + y0) * ${2 * w}u + x0) * ${elements}u + c;`;
}

const stepTo = (number: number, [, , h, w]: Grid, elements: number): number =>
  (((number >> 2) * h + ((number >> 1) & 1)) * w + (number & 1)) * elements;

const pooled = ([n, d, h, w]: Grid): number => (n * d * h * w) / 8;

/** Maximum over blocks of 2×2×2. Buffers: x → y. @param grid of x, even sides. */
export function maxPoolShader(grid: Grid, channels: number): Shader {
  const width = widthFor(channels);
  const elements = channels / width;
  return elementwise({
    label: "max pool",
    reads: { x: elementOf(width) },
    writes: { y: elementOf(width) },
    count: pooled(grid) * elements,
    body: `${blockCode(grid, elements)}
  var largest = x[first];
  ${lines(7, (j) => `largest = max(largest, x[first + ${stepTo(j + 1, grid, elements)}u]);`)}
  y[i] = largest;`,
  });
}

/** Gradient of the maximum, all of it to the first of equal voxels. Buffers: dy, x → dx. @param grid of x. */
export function maxPoolGradientShader(grid: Grid, channels: number): Shader {
  const width = widthFor(channels);
  const elements = channels / width;
  const element = elementOf(width);
  const index = width === 4 ? "vec4<u32>" : "u32";
  return elementwise({
    label: "max pool, gradient",
    reads: { dy: element, x: element },
    writes: { dx: element },
    count: pooled(grid) * elements,
    body: `${blockCode(grid, elements)}
  var largest = x[first];
  var best = ${index}();
  ${lines(
    7,
    (j) => `{
    let value = x[first + ${stepTo(j + 1, grid, elements)}u];
    let larger = value > largest;
    largest = select(largest, value, larger);
    best = select(best, ${index}(${j + 1}u), larger);
  }`,
  )}
  ${lines(8, (j) => `dx[first + ${stepTo(j, grid, elements)}u] = select(${element}(), dy[i], best == ${index}(${j}u));`)}`,
  });
}
