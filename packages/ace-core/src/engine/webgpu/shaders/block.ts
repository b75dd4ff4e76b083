import { tileColumns, tileRows } from "./tile.js";
import type { Tile } from "./tile.js";

/** How the blocks of a result, and the parts of its inner dimension, are given to workgroups. */
interface Blocks {
  readonly rows: number;
  readonly columns: number;
  /** Steps of the tile's depth along the inner dimension. */
  readonly chunks: number;
  readonly parts: number;
}

/** Blocks of a `rows` × `columns` result over an inner dimension of `depth`. */
export function blocksOf(rows: number, columns: number, depth: number, parts: number, tile: Tile): Blocks {
  return {
    rows: Math.ceil(rows / tileRows(tile)),
    columns: Math.ceil(columns / tileColumns(tile)),
    chunks: Math.ceil(depth / tile.depth),
    parts,
  };
}

export const workgroupsOf = ({ rows, columns, parts }: Blocks): number => rows * columns * parts;

/** WGSL: where the workgroup's block and the invocation's part of it are: `first_column`, `first_row`, `part`, `own_…`. */
export function placeCode({ rows, columns }: Blocks, tile: Tile): string {
  return `
  let first_column = group % ${columns}u * ${tileColumns(tile)}u;
  let first_row = group / ${columns}u % ${rows}u * ${tileRows(tile)}u;
  let part = group / ${columns * rows}u;
  let own_column = lane % ${tile.across}u;
  let own_row = lane / ${tile.across}u;`;
}

/**
 * WGSL: goes through the part's steps of the inner dimension. Step `next` is on its way from the buffers while the one
 * before it is multiplied.
 *
 * @param load from the buffers to registers
 * @param multiply what lies in workgroup memory
 * @param store from registers to workgroup memory
 */
export function pipelineCode({ chunks, parts }: Blocks, load: string, multiply: string, store: string): string {
  const perPart = Math.ceil(chunks / parts);
  return `
  let last = min((part + 1u) * ${perPart}u, ${chunks}u);
  let first = part * ${perPart}u;
  var next = first;
  loop {
    if (next < last) { ${load} }
    if (next > first) { ${multiply} }
    if (next >= last) { break; }
    workgroupBarrier();
    ${store}
    next++;
    workgroupBarrier();
  }`;
}

/** WGSL: `body` in those invocations whose slot `s` is among the first `count`; no test where all are. */
export function slotCode(s: number, threads: number, count: number, body: string): string {
  return (s + 1) * threads > count ? `if (lane + ${s * threads}u < ${count}u) { ${body} }` : body;
}
