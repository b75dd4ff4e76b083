/**
 * Characters that a terminal, a log reader or a page acts on instead of showing: controls (ESC, BEL, line breaks, C1),
 * formats (bidirectional overrides, zero-width), halves of surrogates, unassigned ones, and the two line separators.
 */
const ACTING = /[\p{C}\p{Zl}\p{Zp}]/gu;

/** `\x1b`, `\u202e`, `\u{e0001}`: as many digits as the code point takes. */
function escaped(character: string): string {
  const code = character.codePointAt(0) ?? 0;
  if (code <= 0xff) return `\\x${code.toString(16).padStart(2, "0")}`;
  return code <= 0xffff ? `\\u${code.toString(16).padStart(4, "0")}` : `\\u{${code.toString(16)}}`;
}

/**
 * One line of text that may come from anywhere, made visible: whatever would act on a terminal or break the line is
 * shown as an escape. Doing it twice changes nothing.
 */
export function visible(text: string): string {
  return text.replaceAll(ACTING, escaped);
}

/**
 * The same for text of several lines, such as a quotation from a file: the lines after the first are indented, so that
 * none of them passes for a line of the program's own.
 */
export function visibleLines(text: string): string {
  return text.split(/\r?\n/).map(visible).join("\n  ");
}

/** A value as one line of JSON that means the same and acts on no terminal. */
export function visibleJson(value: unknown): string {
  return JSON.stringify(value).replaceAll(ACTING, (character) =>
    Array.from(
      { length: character.length },
      (_, i) => `\\u${character.charCodeAt(i).toString(16).padStart(4, "0")}`,
    ).join(""),
  );
}
