/** How a matrix product is cut: one workgroup makes a block of the result, one invocation a part of that. */
export interface Tile {
  /** Invocations per workgroup along columns and rows. */
  readonly across: number;
  readonly down: number;
  /** Columns per invocation, 4 or 8. */
  readonly columns: number;
  /** Rows per invocation. */
  readonly rows: number;
  /** Numbers of the inner dimension that are brought to workgroup memory at a time; a multiple of 4. */
  readonly depth: number;
}

export const threadsOf = (tile: Tile): number => tile.across * tile.down;
export const tileColumns = (tile: Tile): number => tile.across * tile.columns;
export const tileRows = (tile: Tile): number => tile.down * tile.rows;

/**
 * A problem with fewer results, or a gradient over fewer voxels, takes longer to start than to compute, whatever the
 * tile; a simple one is compiled in a tenth of the time.
 */
const TINY = 4096;

/** Enough workgroups to fill a large card twice over (an H100 has 132 multiprocessors). */
const WANTED_GROUPS = 264;
/** Below this much inner dimension per part, adding the parts up costs what splitting gains. */
const LEAST_DEPTH_PER_PART = 128;
const MOST_PARTS = 16;

const powerAtLeast = (n: number, most: number): number => {
  let power = 1;
  while (power < n && power < most) power *= 2;
  return power;
};

/**
 * The tile for `rows` × `columns` results. Per 4 numbers of depth an invocation reads `rows + columns` vectors from
 * workgroup memory for `4 · rows · columns` multiplications: 8×8 keeps the multipliers busy, with 64 sums in
 * registers. Narrow results get fewer columns and more rows. At most 16 KiB of workgroup memory, which every device has.
 */
export function productTile(rows: number, columns: number): Tile {
  if (rows * columns <= TINY) {
    const across = powerAtLeast(Math.ceil(columns / 4), 8);
    return { across, down: 64 / across, columns: 4, rows: 1, depth: 4 };
  }
  const perThread = columns > 4 ? 8 : 4;
  const across = powerAtLeast(Math.ceil(columns / perThread), 8);
  const groupsOf = (tile: Tile): number => Math.ceil(rows / tileRows(tile)) * Math.ceil(columns / tileColumns(tile));
  const shapes: Readonly<Record<number, Tile>> = {
    8: { across, down: 16, columns: perThread, rows: 8, depth: 16 },
    4: { across, down: 32, columns: perThread, rows: 4, depth: 16 },
    2: { across, down: 64, columns: perThread, rows: 4, depth: 8 },
    1: { across, down: 64, columns: perThread, rows: 2, depth: 8 },
  };
  const best = shapes[across] ?? { across: 8, down: 16, columns: 8, rows: 8, depth: 16 };
  // A small volume leaves most of a card idle: smaller tiles make more workgroups of it.
  return groupsOf(best) < WANTED_GROUPS && best.rows > 4 ? { ...best, rows: 4 } : best;
}

/** Into how many parts the inner dimension goes, so that small volumes with many channels fill the card as well. */
export function productParts(rows: number, columns: number, depth: number, tile: Tile): number {
  const groups = Math.ceil(rows / tileRows(tile)) * Math.ceil(columns / tileColumns(tile));
  const useful = Math.floor(depth / LEAST_DEPTH_PER_PART);
  return Math.max(1, Math.min(Math.ceil(WANTED_GROUPS / groups), useful, MOST_PARTS));
}

/** Voxels per step of a filter's gradient, at most. */
const GRADIENT_DEPTH = 16;
const LEAST_VOXELS_PER_PART = 256;
const MOST_GRADIENT_PARTS = 128;
/** More partial sums than this are not worth their memory, bytes. */
const MOST_PARTIAL_BYTES = 64 * 2 ** 20;
/** The filter's gradient has few results and a long inner dimension: twice the workgroups even out their ends. */
const GRADIENT_GROUPS = 2 * WANTED_GROUPS;

/** The tile of a filter's gradient of `rows` (taps × input channels) × `columns` (output channels). */
export function gradientTile(rows: number, columns: number, voxels: number): Tile {
  if (voxels <= TINY / 4) {
    const across = powerAtLeast(Math.ceil(columns / 4), 8);
    return { across, down: powerAtLeast(Math.ceil(rows / 4), 64 / across), columns: 4, rows: 4, depth: 4 };
  }
  const perColumn = columns > 16 ? 8 : 4;
  const across = powerAtLeast(Math.ceil(columns / perColumn), 8);
  const perRow = rows > 128 && across > 1 ? 8 : 4;
  // Few columns leave room for twice the rows at half the depth.
  const narrow = across <= 2;
  const down = powerAtLeast(Math.ceil(rows / perRow), (narrow ? 256 : 128) / perRow);
  return { across, down, columns: perColumn, rows: perRow, depth: narrow ? GRADIENT_DEPTH / 2 : GRADIENT_DEPTH };
}

/** Into how many parts the voxels go. */
export function gradientParts(rows: number, columns: number, voxels: number, tile: Tile): number {
  const groups = Math.ceil(rows / tileRows(tile)) * Math.ceil(columns / tileColumns(tile));
  const useful = Math.floor(voxels / LEAST_VOXELS_PER_PART);
  const fitting = Math.floor(MOST_PARTIAL_BYTES / (4 * rows * columns));
  return Math.max(1, Math.min(Math.ceil(GRADIENT_GROUPS / groups), useful, fitting, MOST_GRADIENT_PARTS));
}
