import { visible } from "../../foundation/index.js";
import { cut, longestWord, wrap } from "./wrap.js";

/** A table for people: its columns are aligned when it is printed, to the width that there is. */
export interface Table {
  readonly header: readonly string[];
  readonly rows: readonly (readonly string[])[];
  /** Columns that are flush right. */
  readonly right: readonly number[];
  /** Blanks before each line. */
  readonly indent: number;
}

/** Between two columns. */
const GAP = 2;
/** A word of a cell that is longer than this may be cut where there is no room: a digest is known by its beginning. */
const WORD = 16;
/** The same of a header, which is known by less. */
const HEADER_WORD = 8;

/**
 * @param numbers whether all columns but the first are flush right, or which are
 * @param indent blanks before each line
 */
export function table(
  header: readonly string[],
  rows: readonly (readonly string[])[],
  { numbers = false, indent = 0 }: { readonly numbers?: boolean | readonly number[]; readonly indent?: number } = {},
): Table {
  const right = numbers === true ? header.map((_, column) => column).slice(1) : numbers === false ? [] : numbers;
  return { header, rows, right, indent };
}

/**
 * The lines of a table; cells are made visible first, so that their width is what is seen. Where a table is wider than
 * `width`, cells wrap between words, the widest column first, and very long words are cut. Columns for which there is no
 * room even so go below, with the first one again, which names the row: it is broken where nothing else helps, never cut.
 *
 * @param width columns of the screen; undefined for as many as the table takes
 */
export function tableLines({ header, rows, right, indent }: Table, width?: number): string[] {
  const cells = [header, ...rows].map((row) => row.map(visible));
  const natural = header.map((_, column) => Math.max(...cells.map((row) => (row[column] ?? "").length)));
  const room = Math.max(1, (width ?? Infinity) - indent);
  const least = header.map((_, column) => leastWidth(cells.map((row) => row[column] ?? "")));
  const blocks =
    room === Infinity ? [{ columns: header.map((_, k) => k), widths: natural }] : fit(natural, least, room);
  return blocks
    .flatMap(({ columns, widths }, block) => [
      ...(block === 0 ? [] : [""]),
      ...cells.flatMap((row) => rowLines(row, columns, widths, right)).map((line) => " ".repeat(indent) + line),
    ])
    .map((line) => line.trimEnd());
}

function rowLines(
  row: readonly string[],
  columns: readonly number[],
  widths: readonly number[],
  right: readonly number[],
): string[] {
  const wrapped = columns.map((column, k) => {
    const lines = wrap(row[column] ?? "", widths[k] ?? 0, column === 0 ? "break" : "keep");
    return lines.map((line) => cut(line, widths[k] ?? 0));
  });
  const height = Math.max(1, ...wrapped.map((lines) => lines.length));
  return Array.from({ length: height }, (_, line) =>
    columns
      .map((column, k) => {
        const part = wrapped[k]?.[line] ?? "";
        return right.includes(column) ? part.padStart(widths[k] ?? 0) : part.padEnd(widths[k] ?? 0);
      })
      .join(" ".repeat(GAP)),
  );
}

/** How narrow a column may get: its longest word stays whole, unless that is very long. */
function leastWidth([header = "", ...body]: readonly string[]): number {
  const longest = Math.max(0, ...body.map(longestWord));
  return Math.max(1, Math.min(longest, WORD), Math.min(longestWord(header), HEADER_WORD));
}

interface Block {
  readonly columns: readonly number[];
  readonly widths: readonly number[];
}

/** Spreads the columns over as few blocks as there is room for, and gives each the width that it can have. */
function fit(natural: readonly number[], least: readonly number[], room: number): Block[] {
  const [name = 0] = natural;
  const needed = least.slice(1);
  // Names are whole, as long as one column has its room beside them.
  const first = Math.max(1, Math.min(name, room - GAP - Math.max(0, ...needed)));
  const blocks: number[][] = [[0]];
  let taken = first;
  for (const [k, width] of needed.entries()) {
    const own = GAP + width;
    if (taken + own > room && (blocks.at(-1)?.length ?? 0) > 1) {
      blocks.push([0]);
      taken = first;
    }
    blocks.at(-1)?.push(k + 1);
    taken += own;
  }
  const floor = [first, ...needed];
  return blocks.map((columns) => ({
    columns,
    widths: share(
      columns.map((column) => natural[column] ?? 0),
      columns.map((column) => floor[column] ?? 0),
      room - GAP * (columns.length - 1),
    ),
  }));
}

/** Widths that are together at most `room`: what is too much goes off the widest, none goes below its least. */
function share(natural: readonly number[], least: readonly number[], room: number): number[] {
  const capped = (cap: number): number[] => natural.map((width, k) => Math.max(least[k] ?? 0, Math.min(width, cap)));
  const sum = (widths: readonly number[]): number => widths.reduce((total, width) => total + width, 0);
  let cap = Math.max(...natural);
  while (cap > 1 && sum(capped(cap)) > room) cap--;
  const widths = capped(cap);
  // A single column that is too wide for the screen.
  const last = widths.length - 1;
  widths[last] = Math.max(1, (widths[last] ?? 0) - Math.max(0, sum(widths) - room));
  for (const [k, width] of widths.entries())
    widths[k] = width + Math.max(0, Math.min((natural[k] ?? 0) - width, room - sum(widths)));
  return widths;
}
