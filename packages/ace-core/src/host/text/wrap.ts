/** Stands for what was cut off. */
const ELLIPSIS = "…";
/** Where a line may end: not in `6 × 5 × 4`. */
const BLANK = /(?<!×) (?!×)/g;
/** What is apart by more than a blank, `1: 0.05  2: 0.07`, belongs together less than what is apart by one. */
const WIDE = /(?<= ) (?! )/g;

/** The length of the longest part of a text that is better not broken. */
export function longestWord(text: string): number {
  const parts = text.includes("  ") ? text.split(/ {2,}/) : text.split(BLANK);
  return Math.max(...parts.map((part) => part.length));
}

/** The text as far as there is room, with an ellipsis at its end where it is longer. */
export function cut(text: string, width: number): string {
  return text.length <= width ? text : `${text.slice(0, Math.max(0, width - 1))}${ELLIPSIS}`;
}

/**
 * Breaks a text between words into lines of at most `width` characters. Blanks inside a line stay as they are.
 *
 * @param long what becomes of a word that is longer: it is broken, or stays whole on a line of its own
 * @param hanging what the second line and those after it begin with
 */
export function wrap(text: string, width: number, long: "break" | "keep", hanging = ""): string[] {
  const lines: string[] = [];
  const begins = (): string => (lines.length === 0 ? "" : hanging);
  let rest = text;
  while (begins().length + rest.length > width) {
    const room = Math.max(1, width - begins().length);
    const at = end(rest, room, long);
    lines.push(`${begins()}${rest.slice(0, at).trimEnd()}`);
    rest = rest.slice(at).trimStart();
    if (rest === "") return lines;
  }
  return [...lines, `${begins()}${rest}`];
}

/** Where the first line of a text that is longer than `room` ends. */
function end(text: string, room: number, long: "break" | "keep"): number {
  const indent = text.length - text.trimStart().length;
  const places = (blanks: RegExp): number[] =>
    [...text.matchAll(blanks)].map(({ index }) => index).filter((index) => index > indent);
  const wide = long === "keep" ? places(WIDE).findLast((index) => index <= room + 1) : undefined;
  const blanks = places(BLANK);
  const narrow = wide ?? blanks.findLast((index) => index <= room);
  if (narrow !== undefined) return narrow;
  return long === "break" ? room : (blanks[0] ?? text.length);
}
