import type { Clock } from "../../foundation/index.js";
import { visible, visibleJson, visibleLines } from "../../foundation/index.js";
import { textLines } from "../text/lines.js";
import type { Line } from "../text/lines.js";
import { duration } from "../text/measures.js";
import type { Terminal } from "./terminal.js";

/** Moves the cursor home and clears what is below: the screen is drawn anew without flicker. */
const HOME = "\u001b[H\u001b[J";
const CLEAR_SCREEN = "\u001b[2J";
/** Back to the line's beginning, which is cleared. */
const CLEAR_LINE = "\r\u001b[K";

/** Nothing is shown before this, milliseconds: short work needs no progress. */
const QUIET_MS = 1000;
/** Between two lines where they cannot be redrawn, milliseconds. */
const LINE_EVERY_MS = 10_000;

/** How far a piece of work is, on standard error, with an estimate of the time left. */
interface Progress {
  /** @param secondsLeft where whoever works knows better than by how long it has taken so far */
  readonly update: (done: number, total: number, secondsLeft?: number) => void;
  /** Takes the line away. */
  readonly end: () => void;
}

/** What an error says to people; a `FedaceError` is one. */
interface Complaint {
  readonly code: string;
  readonly message: string;
  readonly remedy: string;
}

/**
 * How one command prints: text for people, or one JSON object per line for machines. Text passes `visible` on its way,
 * whatever it is made of: what a site, a file or a peer wrote cannot act on the terminal.
 */
export class Printer {
  readonly #terminal: Terminal;
  readonly #clock: Clock;
  readonly json: boolean;
  #drawn = false;

  constructor(terminal: Terminal, clock: Clock, json: boolean) {
    this.#terminal = terminal;
    this.#clock = clock;
    this.json = json;
  }

  /** The width that lines keep to; undefined where they may be of any length. */
  get width(): number | undefined {
    return this.json ? undefined : this.#terminal.columns;
  }

  /** A result: `value` with --json, else the lines. */
  result(value: object, lines: readonly Line[]): void {
    this.#terminal.out(this.json ? `${visibleJson(value)}\n` : this.#text(lines));
  }

  #text(lines: readonly Line[]): string {
    return textLines(lines, this.width)
      .map((line) => `${line}\n`)
      .join("");
  }

  /**
   * A result of any length, printed item by item as they come: with --json one object on one line, whose key `name` holds
   * what `plain` makes of each, else a line for each.
   */
  async list<T>(
    name: string,
    items: AsyncIterable<T>,
    plain: (item: T) => object,
    line: (item: T) => string,
  ): Promise<void> {
    let between = "";
    if (this.json) this.#terminal.out(`{${visibleJson(name)}:[`);
    for await (const item of items) {
      this.#terminal.out(this.json ? `${between}${visibleJson(plain(item))}` : this.#text([line(item)]));
      between = ",";
    }
    if (this.json) this.#terminal.out("]}\n");
  }

  /** A line on standard error for people only, such as what is being done. */
  note(line: string): void {
    if (!this.json) this.#terminal.err(`${visible(line)}\n`);
  }

  error({ code, message, remedy }: Complaint): void {
    const next = remedy === "" ? "" : `next: ${visibleLines(remedy)}\n`;
    this.#terminal.err(
      this.json
        ? `${visibleJson({ error: code, message, next: remedy })}\n`
        : `error ${code}: ${visibleLines(message)}\n${next}`,
    );
  }

  /** Whether a result can be drawn again and again in its place. */
  get redraws(): boolean {
    return this.#terminal.screen.out && !this.json;
  }

  /** Draws lines from the top of the screen, over those drawn before. */
  redraw(lines: readonly Line[]): void {
    const begin = this.#drawn ? HOME : `${CLEAR_SCREEN}${HOME}`;
    this.#drawn = true;
    this.#terminal.out(`${begin}${this.#text(lines)}`);
  }

  /** Shows how far a piece of work is, unless it is short; nothing with --json. */
  progress(what: string): Progress {
    const screen = this.#terminal.screen.err;
    const start = this.#clock.now();
    let shown = -Infinity;
    let drawn = false;
    return {
      update: (done, total, secondsLeft) => {
        const now = this.#clock.now();
        const elapsed = now - start;
        if (this.json || elapsed < QUIET_MS || done <= 0) return;
        if (!screen && now - shown < LINE_EVERY_MS) return;
        shown = now;
        drawn = true;
        const left = duration(secondsLeft === undefined ? (elapsed / done) * (total - done) : 1000 * secondsLeft);
        const line = visible(`${what}: ${Math.floor((100 * done) / total)} %, ${left} left`);
        this.#terminal.err(screen ? `${CLEAR_LINE}${line}` : `${line}\n`);
      },
      end: () => {
        if (drawn && screen) this.#terminal.err(CLEAR_LINE);
      },
    };
  }
}
