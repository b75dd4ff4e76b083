import { createInterface } from "node:readline/promises";

/** What a command may touch of the process; tests pass their own. */
export interface Terminal {
  out(text: string): void;
  err(text: string): void;
  /** Which of both people watch on a screen: there lines may be redrawn. */
  readonly screen: { readonly out: boolean; readonly err: boolean };
  /** Characters in a line of the screen on which `out` is watched, as it is now; undefined where that is none. */
  readonly columns?: number | undefined;
  /** Asks the person at the screen; missing where nobody is there to answer, as in a script. */
  readonly ask?: (question: string) => Promise<string>;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Aborted by SIGINT or SIGTERM, and when nobody reads any more what is written out. */
  readonly interrupted: AbortSignal;
}

/** The process's own streams and environment. */
export function processTerminal(): Terminal {
  const controller = new AbortController();
  const interrupt = (): void => {
    controller.abort();
  };
  process.once("SIGINT", interrupt);
  process.once("SIGTERM", interrupt);
  // As in `… | head`: whoever reads has enough. The command ends in order, without a word.
  process.stdout.on("error", readerGone(interrupt));
  // What cannot be said of an error is not worth ending for.
  process.stderr.on(
    "error",
    readerGone(() => undefined),
  );
  return {
    out: (text) => void process.stdout.write(text),
    err: (text) => void process.stderr.write(text),
    get columns() {
      return process.stdout.isTTY && process.stdout.columns > 0 ? process.stdout.columns : undefined;
    },
    screen: { out: process.stdout.isTTY, err: process.stderr.isTTY },
    ...(process.stdin.isTTY && process.stderr.isTTY ? { ask: (question) => ask(question, controller.signal) } : {}),
    env: process.env,
    interrupted: controller.signal,
  };
}

/** An answer that was interrupted is none. */
async function ask(question: string, signal: AbortSignal): Promise<string> {
  const lines = createInterface({ input: process.stdin, output: process.stderr });
  try {
    return await lines.question(question, { signal });
  } catch {
    return "";
  } finally {
    lines.close();
  }
}

function readerGone(then: () => void): (error: NodeJS.ErrnoException) => void {
  return (error) => {
    if (error.code !== "EPIPE") throw error;
    then();
  };
}
