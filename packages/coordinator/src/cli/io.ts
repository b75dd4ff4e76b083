/** What a command may touch of the process; tests pass their own. */
export interface Terminal {
  out(text: string): void;
  err(text: string): void;
  /** Whether people watch `out`: then lines may be redrawn. */
  readonly interactive: boolean;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Aborted by SIGINT or SIGTERM. */
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
  return {
    out: (text) => void process.stdout.write(text),
    err: (text) => void process.stderr.write(text),
    interactive: process.stdout.isTTY,
    env: process.env,
    interrupted: controller.signal,
  };
}

/** How one command prints: text for people, or one JSON object per line for machines. */
export class Printer {
  readonly #terminal: Terminal;
  readonly json: boolean;

  constructor(terminal: Terminal, json: boolean) {
    this.#terminal = terminal;
    this.json = json;
  }

  /** A result: `value` with --json, else the lines. */
  result(value: object, lines: readonly string[]): void {
    this.#terminal.out(this.json ? `${JSON.stringify(value)}\n` : lines.map((line) => `${line}\n`).join(""));
  }

  /** Something for people only, such as progress. */
  text(text: string): void {
    if (!this.json) this.#terminal.out(text);
  }

  error(code: string, message: string, remedy: string): void {
    const next = remedy === "" ? "" : `next: ${remedy}\n`;
    this.#terminal.err(
      this.json ? `${JSON.stringify({ error: code, message, next: remedy })}\n` : `error ${code}: ${message}\n${next}`,
    );
  }
}
