import { span } from "../session/index.js";
import type { CommandContext, CommonOptions } from "./command.js";

/** Nothing is shown before this, milliseconds: short work needs no progress. */
const QUIET_MS = 1000;
/** Between two lines where they cannot be redrawn, milliseconds. */
const LINE_EVERY_MS = 10_000;

export interface Progress {
  readonly update: (done: number, total: number) => void;
  /** Takes the line away. */
  readonly end: () => void;
}

/** Progress with an estimate of the time left on standard error; nothing with --json. */
export function showProgress({ terminal, clock }: CommandContext, options: CommonOptions, what: string): Progress {
  const start = clock.now();
  let shown = -Infinity;
  let drawn = false;
  return {
    update: (done, total) => {
      const now = clock.now();
      const elapsed = now - start;
      if (options.json === true || elapsed < QUIET_MS || done <= 0) return;
      if (!terminal.interactive && now - shown < LINE_EVERY_MS) return;
      shown = now;
      drawn = true;
      const left = span(((elapsed / done) * (total - done)) / 1000);
      const line = `${what}: ${Math.floor((100 * done) / total)} %, ${left} left`;
      terminal.err(terminal.interactive ? `\r\x1b[K${line}` : `${line}\n`);
    },
    end: () => {
      if (drawn && terminal.interactive) terminal.err("\r\x1b[K");
    },
  };
}
