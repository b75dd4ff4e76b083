import { widthFor } from "./shader.js";

/** `[batch, depth, height, width]` */
export type Grid = readonly [number, number, number, number];

/**
 * A matrix that is never written down: one row per voxel of a volume, and in it what a filter's taps see there, tap by
 * tap and channel by channel. Convolution is this matrix times the filter.
 *
 * - `same`: taps around the voxel, zeros outside (stride 1, odd sides).
 * - `doubled`: the eight voxels of a volume of twice the size (2×2×2, stride 2).
 */
export interface Gather {
  readonly kind: "same" | "doubled";
  /** The volume whose voxels are the rows. */
  readonly grid: Grid;
  /** `[depth, height, width]` of the filter. */
  readonly sides: readonly [number, number, number];
  /** Channels of the volume that is looked at. */
  readonly channels: number;
}

export const rowsOf = ({ grid }: Gather): number => grid[0] * grid[1] * grid[2] * grid[3];
export const depthOf = ({ sides, channels }: Gather): number => sides[0] * sides[1] * sides[2] * channels;

/** So far outside that no tap leads back. */
const FAR = 0x1000_0000;

/**
 * WGSL, without a branch, that reads the matrix from a buffer, four numbers of a row at a time:
 * `fetch(voxel(row), taps(k))` for `k` a multiple of 4, zeros beyond the matrix's edges.
 *
 * @param buffer array of `vec4<f32>` if four divides the channels, else of `f32`.
 */
export function gatherCode(gather: Gather, buffer: string): string {
  const { kind, grid, sides, channels } = gather;
  const [, d, h, w] = grid;
  const [kd, kh, kw] = sides;
  const width = widthFor(channels);
  const doubled = kind === "doubled";
  const scale = doubled ? 2 : 1;
  // A doubled volume has all its taps inside: the only test left is whether row and tap exist at all.
  const inside = doubled
    ? "v.z + t.z < FAR"
    : `(u32(v.z + t.z) < ${d}u) & (u32(v.y + t.y) < ${h}u) & (u32(v.x + t.x) < ${w}u)`;
  const padding = doubled ? [0, 0, 0] : [kd >> 1, kh >> 1, kw >> 1];
  const position = doubled
    ? `Voxel(select(FAR, 0, exists), 0, 0, ((b * ${2 * d} + 2 * z) * ${2 * h} + 2 * y) * ${2 * w} + 2 * x)`
    : "Voxel(select(FAR, z, exists), y, x, i32(row))";
  return `
const FAR : i32 = ${FAR};
struct Voxel { z : i32, y : i32, x : i32, base : i32 }
struct Tap { z : i32, y : i32, x : i32, offset : i32 }

fn voxel(row : u32) -> Voxel {
  let exists = row < ${rowsOf(gather)}u;
  let x = i32(row % ${w}u);
  let y = i32(row / ${w}u % ${h}u);
  let z = i32(row / ${w * h}u % ${d}u);
  let b = i32(row / ${w * h * d}u);
  return ${position};
}

fn tap(k : u32) -> Tap {
  let exists = k < ${depthOf(gather)}u;
  let number = k / ${channels}u;
  let c = i32(k % ${channels}u);
  let z = i32(number / ${kh * kw}u) - ${padding[0] ?? 0};
  let y = i32(number / ${kw}u % ${kh}u) - ${padding[1] ?? 0};
  let x = i32(number % ${kw}u) - ${padding[2] ?? 0};
  let offset = ((z * ${scale * h} + y) * ${scale * w} + x) * ${channels} + c;
  return Tap(select(FAR, ${doubled ? "0, exists), 0, 0" : "z, exists), y, x"}, offset);
}

fn inside(v : Voxel, t : Tap) -> bool { return ${inside}; }
${
  width === 4
    ? `
alias Taps = Tap;
fn taps(k : u32) -> Taps { return tap(k); }
fn fetch(v : Voxel, t : Taps) -> vec4<f32> {
  let there = inside(v, t);
  return select(vec4<f32>(), ${buffer}[select(0, v.base * ${channels / 4} + t.offset / 4, there)], there);
}`
    : `
struct Taps { a : Tap, b : Tap, c : Tap, d : Tap }
fn taps(k : u32) -> Taps { return Taps(tap(k), tap(k + 1u), tap(k + 2u), tap(k + 3u)); }
fn number(v : Voxel, t : Tap) -> f32 {
  let there = inside(v, t);
  return select(0.0, ${buffer}[select(0, v.base * ${channels} + t.offset, there)], there);
}
fn fetch(v : Voxel, t : Taps) -> vec4<f32> {
  return vec4<f32>(number(v, t.a), number(v, t.b), number(v, t.c), number(v, t.d));
}`
}
`;
}

/**
 * WGSL of `name(row, column)`: four numbers of a plain matrix from `column` (a multiple of 4) on, zeros beyond its
 * edges.
 */
export function matrixCode(name: string, buffer: string, rows: number, columns: number): string {
  if (widthFor(columns) === 4) {
    return `
fn ${name}(row : u32, column : u32) -> vec4<f32> {
  let there = (row < ${rows}u) & (column < ${columns}u);
  return select(vec4<f32>(), ${buffer}[select(0u, row * ${columns / 4}u + column / 4u, there)], there);
}`;
  }
  return `
fn ${name}_number(row : u32, column : u32) -> f32 {
  let there = (row < ${rows}u) & (column < ${columns}u);
  return select(0.0, ${buffer}[select(0u, row * ${columns}u + column, there)], there);
}
fn ${name}(row : u32, column : u32) -> vec4<f32> {
  return vec4<f32>(${lines4(name)});
}`;
}

const lines4 = (name: string): string => [0, 1, 2, 3].map((j) => `${name}_number(row, column + ${j}u)`).join(", ");
