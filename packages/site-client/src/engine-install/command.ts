import { spawn } from "node:child_process";

export type Environment = Readonly<Record<string, string | undefined>>;

export interface RunOptions {
  readonly env: Environment;
  readonly signal: AbortSignal;
  /** Called with every line of its output, whole lines only. */
  readonly onLine?: (line: string) => void;
}

export interface Finished {
  /** Exit status; -1 when it could not be started or was ended by a signal. */
  readonly status: number;
  /** All it wrote to standard output. */
  readonly stdout: string;
  /** The end of all it wrote, for error messages. */
  readonly tail: string;
}

const TAIL = 4000;

/**
 * Runs a command to its end, without a shell. It gets SIGTERM when the signal is aborted.
 *
 * @throws the signal's reason
 */
export function runCommand(command: string, args: readonly string[], options: RunOptions): Promise<Finished> {
  const { env, signal, onLine } = options;
  signal.throwIfAborted();
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, { env: { ...env }, stdio: ["ignore", "pipe", "pipe"] });
    const stop = (): void => void child.kill();
    signal.addEventListener("abort", stop, { once: true });
    let stdout = "";
    let tail = "";
    let line = "";
    const take = (text: string): void => {
      tail = (tail + text).slice(-TAIL);
      const lines = (line + text).split(/[\r\n]+/);
      line = lines.pop() ?? "";
      for (const whole of lines) if (whole !== "") onLine?.(whole);
    };
    child.stdout.setEncoding("utf8").on("data", (text: string) => {
      stdout += text;
      take(text);
    });
    child.stderr.setEncoding("utf8").on("data", take);
    child.once("error", (error) => {
      tail = error.message;
    });
    child.once("close", (status) => {
      signal.removeEventListener("abort", stop);
      if (signal.aborted) reject(signal.reason as Error);
      else resolve({ status: status ?? -1, stdout, tail: tail.trim() });
    });
  });
}

/** The last line that says what went wrong: pip, compilers, Python and Node have a line with `error:` for it. */
export function lastError(tail: string): string {
  // The linker's own line comes before this one of the compiler, and says more.
  const lines = tail
    .split("\n")
    .map((line) => line.trim())
    .filter((line) => line !== "" && !line.startsWith("collect2:"));
  const found = lines.findLast((line) => /error:/i.test(line)) ?? lines.at(-1) ?? "it says nothing";
  return found
    .replace(/^(ERROR|\w*Error):\s*/, "")
    .replace(/\.$/, "")
    .slice(0, 300);
}
