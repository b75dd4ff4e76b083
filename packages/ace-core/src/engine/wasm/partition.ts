/**
 * How the work of a convolution is cut into tasks. It depends on the shapes alone, never on the number of threads, so
 * that sums are taken in the same order however many there are.
 */

/** Depth, height and width of a filter. */
export type Window = readonly [number, number, number];

/** Rounded up to a multiple of `unit`. */
export const roundUp = (value: number, unit: number): number => Math.ceil(value / unit) * unit;

/** A task's padded copy of its input should stay in the second-level cache. */
const INPUT_BYTES = 192 * 1024;

/** A task's rows in depth, before the cache bounds them: the halo costs less the more there are. */
const INPUT_DEPTH = 4;

interface InputBlocks {
  /** Planes and rows of output per task. */
  readonly depth: number;
  readonly height: number;
  /** Tasks per sample. */
  readonly count: number;
  /** Bytes of scratch per thread: the table of runs, and the padded rows where the window is wider than 1. */
  readonly scratch: number;
}

/** The blocks of output that one task of `conv` computes. */
export function inputBlocks(d: number, h: number, w: number, channels: number, window: Window): InputBlocks {
  const [kd, kh, kw] = window;
  const table = roundUp(kd * kh * 8, 64);
  const row = (w + kw - 1) * channels * 4;
  const rows = (depth: number, height: number): number =>
    kw === 1 ? 0 : Math.min(d, depth + kd - 1) * Math.min(h, height + kh - 1) * row;
  let depth = Math.min(d, INPUT_DEPTH);
  let height = h;
  while (height > 4 && rows(depth, height) > INPUT_BYTES) height = Math.ceil(height / 2);
  while (depth > 1 && rows(depth, height) > INPUT_BYTES) depth = Math.ceil(depth / 2);
  const count = Math.ceil(d / depth) * Math.ceil(h / height);
  return { depth, height, count, scratch: roundUp(table + rows(depth, height), 64) };
}

/** Points of the transform of kernels/winograd.ts, and the outputs along the width that they give at once. */
const WINOGRAD_POINTS = 6;
const WINOGRAD_TILE = 4;

/** A task's transformed planes and products should stay in the second-level cache. */
const WINOGRAD_BYTES = 400 * 1024;

/** Whether kernels/winograd.ts can, and gains: whole vectors of channels, and enough of them to repay the transform. */
export function suitsWinograd(h: number, w: number, inputs: number, outputs: number, window: Window): boolean {
  const whole = window.every((side) => side === 3) && inputs % 4 === 0 && outputs % 4 === 0;
  return whole && inputs * outputs >= 32 && h >= 4 && w >= 4;
}

/** The blocks of output that one task of `convWinograd` computes. */
export function winogradBlocks(d: number, h: number, w: number, inputs: number, outputs: number): InputBlocks {
  const points = WINOGRAD_POINTS * Math.ceil(w / WINOGRAD_TILE) * 4;
  const bytes = (depth: number, height: number): number =>
    points * (height * outputs + Math.min(d, depth + 2) * (height + 2) * inputs);
  let depth = Math.min(d, INPUT_DEPTH);
  let height = h;
  while (height > 8 && bytes(depth, height) > WINOGRAD_BYTES) height = roundUp(Math.ceil(height / 2), 4);
  while (depth > 1 && bytes(depth, height) > WINOGRAD_BYTES) depth = Math.ceil(depth / 2);
  const count = Math.ceil(d / depth) * Math.ceil(h / height);
  return { depth, height, count, scratch: roundUp(64 + bytes(depth, height), 64) };
}

interface WinogradChunks {
  readonly chunks: number;
  readonly planesPerChunk: number;
  readonly height: number;
  /** Tasks per chunk: 1, or one for each point of the transform. */
  readonly groups: number;
  /** Bytes of the transformed partial sums of one chunk. */
  readonly partial: number;
  /** Bytes of scratch per thread. */
  readonly scratch: number;
}

/** The chunks of planes over which `convGradFilterWinograd` takes partial sums. */
export function winogradChunks(planes: number, h: number, w: number, inputs: number, outputs: number): WinogradChunks {
  const tiles = Math.ceil(w / WINOGRAD_TILE);
  const partial = WINOGRAD_POINTS * 9 * inputs * roundUp(outputs, 8) * 4;
  const bytes = (height: number): number =>
    WINOGRAD_POINTS * tiles * 4 * (height * outputs + 3 * (height + 2) * inputs);
  let height = h;
  while (height > 8 && bytes(height) > WINOGRAD_BYTES) height = roundUp(Math.ceil(height / 2), 4);
  const wanted = Math.max(1, Math.min(MAXIMUM_CHUNKS, planes, Math.floor(PARTIAL_BYTES / partial)));
  const planesPerChunk = Math.ceil(planes / wanted);
  const scratch = roundUp(tiles * 8, 64) + bytes(height);
  const chunks = Math.ceil(planes / planesPerChunk);
  // A large filter has few sets of partial sums; then the points make the tasks.
  const groups = chunks < 8 ? WINOGRAD_POINTS : 1;
  return { chunks, planesPerChunk, height, groups, partial, scratch: roundUp(scratch, 64) };
}

/** The partial sums of a filter gradient together hold at most this much. */
const PARTIAL_BYTES = 4 * 1048576;

/** Enough chunks for every thread of a large machine to have one. */
const MAXIMUM_CHUNKS = 16;

/** The rows of both operands that one pass over the filter reads should stay in the first-level cache. */
const BLOCK_BYTES = 32 * 1024;

/** With fewer positions per pass, loading and storing the sums would show. */
const BLOCK_POSITIONS = 64;

interface FilterChunks {
  readonly chunks: number;
  readonly rowsPerChunk: number;
  readonly rowsPerBlock: number;
  /** Bytes of the partial sums of one chunk. */
  readonly partial: number;
  /** Bytes of scratch per thread. */
  readonly scratch: number;
}

/**
 * The chunks of output rows over which partial sums of a filter gradient are taken.
 *
 * @param rows Number of output rows, of `width` positions each.
 * @param floats Floats per position of both operands together.
 * @param partial Bytes of one set of partial sums.
 */
export function filterChunks(rows: number, width: number, floats: number, partial: number): FilterChunks {
  const wanted = Math.max(1, Math.min(MAXIMUM_CHUNKS, rows, Math.floor(PARTIAL_BYTES / partial)));
  const rowsPerChunk = Math.ceil(rows / wanted);
  const positions = Math.max(BLOCK_POSITIONS, BLOCK_BYTES / (4 * floats));
  const rowsPerBlock = Math.max(1, Math.min(rowsPerChunk, Math.round(positions / width)));
  return {
    chunks: Math.ceil(rows / rowsPerChunk),
    rowsPerChunk,
    rowsPerBlock,
    partial,
    scratch: roundUp(rowsPerBlock * 8, 64),
  };
}
