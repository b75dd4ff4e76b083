import { blocksOf, pipelineCode, placeCode, slotCode, workgroupsOf } from "./block.js";
import { depthOf, gatherCode, matrixCode, rowsOf } from "./gather.js";
import type { Gather } from "./gather.js";
import { elementOf, lines, shader, widthFor } from "./shader.js";
import type { Shader } from "./shader.js";
import { threadsOf, tileColumns, tileRows } from "./tile.js";
import type { Tile } from "./tile.js";

interface Product {
  readonly gather: Gather;
  /** Columns of the filter's matrix, `[taps · channels, columns]`. */
  readonly columns: number;
  readonly tile: Tile;
  /** Parts of the inner dimension; with more than one, `y` is `[parts, rows, columns]` and has no bias yet. */
  readonly parts: number;
  /** Add a bias, one per output channel. */
  readonly bias: boolean;
  /** Columns are taps × channels of a volume of twice the size, and go there. Never with parts. */
  readonly doubling: boolean;
  /** Multiply in 16 bits: sums over one tile's depth in 16, all others in 32 bits. */
  readonly half: boolean;
  /** With `half`: `scale[0]` brings x to about 1 and `scale[1]` undoes it; a gradient's numbers are too small. */
  readonly scaled: boolean;
}

/**
 * Convolution as a product of matrices: rows gathered from `x` times `filter`. A workgroup brings blocks of both to
 * its memory, the next pair on its way while it multiplies the last.
 *
 * Buffers: x, filter, [bias], [scale] → y.
 */
export function productShader(product: Product): Shader {
  const { gather, columns, tile, parts, bias, doubling, half, scaled } = product;
  const outputs = doubling ? columns / 8 : columns;
  const [rows, depth] = [rowsOf(gather), depthOf(gather)];
  const threads = threadsOf(tile);
  const blocks = blocksOf(rows, columns, depth, parts, tile);
  const quads = tile.depth / 4;
  // One vector more per row: neighbouring rows then lie in different banks.
  const stride = quads + 1;
  const across = tileColumns(tile) / 4;
  const vectors = tile.columns / 4;
  const slotsX = Math.ceil((tileRows(tile) * quads) / threads);
  const slotsF = Math.ceil((tile.depth * across) / threads);
  const sums = (line: (i: number, n: number) => string): string =>
    lines(tile.rows, (i) => lines(vectors, (n) => line(i, n)));
  const kind = half ? "f16" : "f32";
  const toX = half ? (value: string) => `vec4<f16>(${value}${scaled ? " * factor" : ""})` : (value: string) => value;
  const toF = half ? (value: string) => `vec4<f16>(${value})` : (value: string) => value;
  const into = half ? "h" : "sum";

  const load = `
    let start = next * ${tile.depth}u;
    let own_taps = taps(start + lane % ${quads}u * 4u);
    ${lines(slotsX, (s) => `next_x${s} = fetch(voxel_${s}, own_taps);`)}
    ${lines(slotsF, (s) => {
      const at = `(lane + ${s * threads}u)`;
      return `next_f${s} = filter_at(start + ${at} / ${across}u, first_column + ${at} % ${across}u * 4u);`;
    })}`;

  const multiply = `
      ${half ? sums((i, n) => `var h_${i}_${n} = vec4<f16>();`) : ""}
      for (var quad = 0u; quad < ${quads}u; quad++) {
        ${lines(4, (k) =>
          lines(
            vectors,
            (n) => `let f_${k}_${n} = block_f[(quad * 4u + ${k}u) * ${across}u + own_column + ${n * tile.across}u];`,
          ),
        )}
        ${lines(
          tile.rows,
          (i) => `{
          let v = block_x[(own_row + ${i * tile.down}u) * ${stride}u + quad];
          ${lines(vectors, (n) => lines(4, (k) => `${into}_${i}_${n} += v[${k}] * f_${k}_${n};`))}
        }`,
        )}
      }
      ${half ? sums((i, n) => `sum_${i}_${n} += vec4<f32>(h_${i}_${n});`) : ""}`;
  const store = `
    ${lines(slotsX, (s) => {
      const at = `(lane + ${s * threads}u)`;
      const body = `block_x[${at} / ${quads}u * ${stride}u + ${at} % ${quads}u] = ${toX(`next_x${s}`)};`;
      return slotCode(s, threads, tileRows(tile) * quads, body);
    })}
    ${lines(slotsF, (s) => slotCode(s, threads, tile.depth * across, `block_f[lane + ${s * threads}u] = ${toF(`next_f${s}`)};`))}`;

  return shader({
    label: `convolution ${gather.kind} ${gather.channels} to ${columns}`,
    reads: {
      x: elementOf(widthFor(gather.channels)),
      weights: elementOf(widthFor(columns)),
      ...(bias ? { bias: elementOf(widthFor(outputs)) } : {}),
      ...(scaled ? { scale: "f32" } : {}),
    },
    writes: { y: elementOf(widthFor(outputs)) },
    threads,
    groups: workgroupsOf(blocks),
    half,
    declarations: `
var<workgroup> block_x : array<vec4<${kind}>, ${tileRows(tile) * stride}>;
var<workgroup> block_f : array<vec4<${kind}>, ${tile.depth * across}>;
${gatherCode(gather, "x")}
${matrixCode("filter_at", "weights", depth, columns)}
${storeCode(product, outputs)}`,
    body: `
  ${placeCode(blocks, tile)}
  ${scaled ? "let factor = scale[0];" : ""}
  ${lines(slotsX, (s) => `let voxel_${s} = voxel(first_row + (lane + ${s * threads}u) / ${quads}u);`)}
  ${sums((i, n) => `var sum_${i}_${n} = vec4<f32>();`)}
  ${lines(slotsX, (s) => `var next_x${s} : vec4<f32>;`)}
  ${lines(slotsF, (s) => `var next_f${s} : vec4<f32>;`)}
  ${pipelineCode(blocks, load, multiply, store)}
  ${sums(
    (i, n) =>
      `store(part, first_row + own_row + ${i * tile.down}u, first_column + (own_column + ${n * tile.across}u) * 4u, sum_${i}_${n}${
        scaled ? " * scale[1]" : ""
      });`,
  )}`,
  });
}

/** Writes four neighbouring results where they belong. */
function storeCode({ gather, columns, bias, doubling }: Product, outputs: number): string {
  const [, d, h, w] = gather.grid;
  const rows = rowsOf(gather);
  const width = widthFor(outputs);
  const place = doubling
    ? `
  let number = column / ${outputs}u;
  let channel = column % ${outputs}u;
  let fine_x = row % ${w}u * 2u + number % 2u;
  let fine_y = row / ${w}u % ${h}u * 2u + number / 2u % 2u;
  let fine_z = row / ${w * h}u % ${d}u * 2u + number / 4u;
  let at = (((row / ${w * h * d}u * ${2 * d}u + fine_z) * ${2 * h}u + fine_y) * ${2 * w}u + fine_x) * ${outputs}u + channel;`
    : `
  let channel = column;
  let at = (part * ${rows}u + row) * ${outputs}u + column;`;
  if (width === 4) {
    return `
fn store(part : u32, row : u32, column : u32, value : vec4<f32>) {
  ${place}
  if ((row < ${rows}u) & (column < ${columns}u)) { y[at / 4u] = value${bias ? " + bias[channel / 4u]" : ""}; }
}`;
  }
  return `
fn store_number(part : u32, row : u32, column : u32, value : f32) {
  ${place}
  if ((row < ${rows}u) & (column < ${columns}u)) { y[at] = value${bias ? " + bias[channel]" : ""}; }
}
fn store(part : u32, row : u32, column : u32, value : vec4<f32>) {
  ${lines(4, (j) => `store_number(part, row, column + ${j}u, value[${j}]);`)}
}`;
}
