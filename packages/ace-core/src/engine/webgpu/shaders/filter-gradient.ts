import { blocksOf, pipelineCode, placeCode, slotCode, workgroupsOf } from "./block.js";
import { depthOf, gatherCode, matrixCode, rowsOf } from "./gather.js";
import type { Gather } from "./gather.js";
import { elementOf, lines, shader, widthFor } from "./shader.js";
import type { Shader } from "./shader.js";
import { threadsOf, tileColumns, tileRows } from "./tile.js";
import type { Tile } from "./tile.js";

interface FilterGradient {
  /** The volume that the filter saw, one row per voxel of the other. */
  readonly gather: Gather;
  /** Channels of the other volume. */
  readonly columns: number;
  /** Rows of the tile are taps × channels, its depth is in voxels. */
  readonly tile: Tile;
  /** Parts of the voxels. The result is `[parts, taps · channels, columns]`. */
  readonly parts: number;
  /** Multiply in 16 bits: sums over one tile's depth in 16, all others in 32 bits. */
  readonly half: boolean;
  /** Which of the two is a gradient, to be scaled in 16 bits; see `Product`. */
  readonly scaled: "gathered" | "other";
}

/**
 * Gradient of a filter: the gathered matrix transposed, times the other volume, summed over the voxels of each part.
 *
 * Buffers: gathered, other, [scale] → partial.
 */
export function filterGradientShader(gradient: FilterGradient): Shader {
  const { gather, columns, tile, parts, half, scaled } = gradient;
  const [voxels, rows] = [rowsOf(gather), depthOf(gather)];
  const threads = threadsOf(tile);
  const blocks = blocksOf(rows, columns, voxels, parts, tile);
  const [down, across] = [tileRows(tile) / 4, tileColumns(tile) / 4];
  const [rowVectors, columnVectors] = [tile.rows / 4, tile.columns / 4];
  const slotsG = Math.ceil((tile.depth * down) / threads);
  const slotsO = Math.ceil((tile.depth * across) / threads);
  const sums = (line: (i: number, n: number) => string): string =>
    lines(tile.rows, (i) => lines(columnVectors, (n) => line(i, n)));
  const kind = half ? "f16" : "f32";
  const convert = (value: string, which: "gathered" | "other"): string =>
    half ? `vec4<f16>(${value}${which === scaled ? " * factor" : ""})` : value;
  const into = half ? "h" : "sum";
  const load = `
    let start = next * ${tile.depth}u;
    ${lines(slotsG, (s) => `next_g${s} = fetch(voxel(start + (lane + ${s * threads}u) / ${down}u), taps_${s});`)}
    ${lines(slotsO, (s) => {
      const at = `(lane + ${s * threads}u)`;
      return `next_o${s} = other_at(start + ${at} / ${across}u, first_column + ${at} % ${across}u * 4u);`;
    })}`;

  const multiply = `
      ${half ? sums((i, n) => `var h_${i}_${n} = vec4<f16>();`) : ""}
      for (var v = 0u; v < ${tile.depth}u; v++) {
        ${lines(columnVectors, (n) => `let o_${n} = block_o[v * ${across}u + own_column + ${n * tile.across}u];`)}
        ${lines(
          rowVectors,
          (r) => `{
          let g = block_g[v * ${down}u + own_row + ${r * tile.down}u];
          ${lines(4, (k) => lines(columnVectors, (n) => `${into}_${r * 4 + k}_${n} += g[${k}] * o_${n};`))}
        }`,
        )}
      }
      ${half ? sums((i, n) => `sum_${i}_${n} += vec4<f32>(h_${i}_${n});`) : ""}`;
  const store = `
    ${lines(slotsG, (s) => slotCode(s, threads, tile.depth * down, `block_g[lane + ${s * threads}u] = ${convert(`next_g${s}`, "gathered")};`))}
    ${lines(slotsO, (s) => slotCode(s, threads, tile.depth * across, `block_o[lane + ${s * threads}u] = ${convert(`next_o${s}`, "other")};`))}`;

  return shader({
    label: `filter gradient ${gather.kind} ${gather.channels} by ${columns}`,
    reads: {
      gathered: elementOf(widthFor(gather.channels)),
      other: elementOf(widthFor(columns)),
      ...(half ? { scale: "f32" } : {}),
    },
    writes: { partial: elementOf(widthFor(columns)) },
    threads,
    groups: workgroupsOf(blocks),
    half,
    declarations: `
var<workgroup> block_g : array<vec4<${kind}>, ${tile.depth * down}>;
var<workgroup> block_o : array<vec4<${kind}>, ${tile.depth * across}>;
${gatherCode(gather, "gathered")}
${matrixCode("other_at", "other", voxels, columns)}
${storeCode(rows, columns)}`,
    body: `
  ${placeCode(blocks, tile)}
  ${half ? "let factor = scale[0];" : ""}
  ${lines(slotsG, (s) => `let taps_${s} = taps(first_row + (lane + ${s * threads}u) % ${down}u * 4u);`)}
  ${sums((i, n) => `var sum_${i}_${n} = vec4<f32>();`)}
  ${lines(slotsG, (s) => `var next_g${s} : vec4<f32>;`)}
  ${lines(slotsO, (s) => `var next_o${s} : vec4<f32>;`)}
  ${pipelineCode(blocks, load, multiply, store)}
  ${sums(
    (i, n) =>
      `store(part, first_row + (own_row + ${Math.floor(i / 4) * tile.down}u) * 4u + ${i % 4}u, first_column + (own_column + ${
        n * tile.across
      }u) * 4u, sum_${i}_${n}${half ? " * scale[1]" : ""});`,
  )}`,
  });
}

function storeCode(rows: number, columns: number): string {
  const at = `(part * ${rows}u + row) * ${columns}u + column`;
  if (widthFor(columns) === 4) {
    return `
fn store(part : u32, row : u32, column : u32, value : vec4<f32>) {
  if ((row < ${rows}u) & (column < ${columns}u)) { partial[(${at}) / 4u] = value; }
}`;
  }
  return `
fn store(part : u32, row : u32, column : u32, value : vec4<f32>) {
  ${lines(4, (j) => `if ((row < ${rows}u) & (column + ${j}u < ${columns}u)) { partial[${at} + ${j}u] = value[${j}]; }`)}
}`;
}
