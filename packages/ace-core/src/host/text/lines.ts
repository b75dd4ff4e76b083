import { visible } from "../../foundation/index.js";
import { tableLines } from "./table.js";
import type { Table } from "./table.js";
import { wrap } from "./wrap.js";

/** What is printed for people: a line of text, or a table. */
export type Line = string | Table;

/** How much further in a line goes on that did not fit. */
const HANGING = 2;
/** A screen that is narrower is not kept to. */
const NARROWEST = 20;

/**
 * Lines as they are printed, made visible.
 *
 * @param width columns of the screen, beyond which no line goes; undefined for lines as long as they are
 */
export function textLines(lines: readonly Line[], width?: number): string[] {
  const room = width === undefined ? undefined : Math.max(NARROWEST, width);
  return lines.flatMap((line) => {
    if (typeof line !== "string") return tableLines(line, room);
    const text = visible(line);
    if (room === undefined || text.length <= room) return [text];
    const indent = text.length - text.trimStart().length;
    return wrap(text, room, "break", " ".repeat(Math.min(indent, room / 2) + HANGING));
  });
}
