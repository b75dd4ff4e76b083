import type { Machine } from "./checks.js";
import type { Environment, Finished, RunOptions } from "./command.js";

/** How the installation says where it is. */
export interface Report {
  /** A step has begun. */
  step(what: string): void;
  /** Something else worth a line. */
  detail(what: string): void;
  /** How far the step is, in bytes. */
  progress(done: number, total: number): void;
}

/** What the installation works with; tests give their own. */
export interface Parts {
  readonly run: (command: string, args: readonly string[], options: RunOptions) => Promise<Finished>;
  readonly probe: (python: string, folder: string, options: RunOptions) => Promise<Machine>;
  readonly report: Report;
  readonly env: Environment;
  readonly signal: AbortSignal;
}
