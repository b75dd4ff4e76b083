import { spawn } from "node:child_process";
import type { ChildProcess } from "node:child_process";
import { createWriteStream } from "node:fs";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";

/** The two commands as npm links them. */
const COMMANDS = {
  coordinator: fileURLToPath(new URL("../../../packages/coordinator/bin/fedace-coordinator.js", import.meta.url)),
  site: fileURLToPath(new URL("../../../packages/site-client/bin/fedace-site.js", import.meta.url)),
} as const;
type Command = keyof typeof COMMANDS;

/** How long a service may take to stop after SIGTERM before it is killed, ms. */
const STOP_GRACE_MS = 10_000;

export class CommandFailed extends Error {
  override readonly name = "CommandFailed";
}

/** Runs a command to its end with `--json` and returns what it printed, parsed. */
export async function runCommand(command: Command, args: readonly string[]): Promise<unknown> {
  const child = spawn(process.execPath, [COMMANDS[command], ...args, "--json"], { stdio: ["ignore", "pipe", "pipe"] });
  let out = "";
  let errors = "";
  child.stdout.setEncoding("utf8").on("data", (text: string) => (out += text));
  child.stderr.setEncoding("utf8").on("data", (text: string) => (errors += text));
  const code = await new Promise<number | null>((resolve, reject) => {
    child.once("error", reject).once("close", resolve);
  });
  if (code !== 0)
    throw new CommandFailed(`fedace-${command} ${args.slice(0, 2).join(" ")} ended with ${code}:\n${errors}`);
  return out.trim() === "" ? undefined : JSON.parse(out);
}

/** A long-running command whose lines (JSON, one per line) are handed to `onLine` and kept in `logFile`. */
export class Daemon {
  readonly #child: ChildProcess;
  readonly #closed: Promise<number | null>;
  #stopping = false;

  constructor(
    readonly label: string,
    command: Command,
    args: readonly string[],
    init: { logFile: string; onLine?: (line: unknown) => void; onDeath: (error: CommandFailed) => void },
  ) {
    this.#child = spawn(process.execPath, [COMMANDS[command], ...args, "--json"], {
      stdio: ["ignore", "pipe", "pipe"],
    });
    const log = createWriteStream(init.logFile);
    let last = "";
    for (const stream of [this.#child.stdout, this.#child.stderr]) {
      if (stream === null) continue;
      createInterface({ input: stream }).on("line", (text) => {
        log.write(`${text}\n`);
        last = text;
        const value = parseLine(text);
        if (value !== undefined) init.onLine?.(value);
      });
    }
    this.#closed = new Promise((resolve) => this.#child.once("close", resolve));
    void this.#closed.then((code) => {
      log.end();
      if (!this.#stopping)
        init.onDeath(new CommandFailed(`${label} ended by itself with ${code}: ${last}\nIts log: ${init.logFile}`));
    });
  }

  /** Asks the process to stop and waits for it; kills it after a grace. */
  async stop(): Promise<void> {
    this.#stopping = true;
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) return;
    this.#child.kill("SIGTERM");
    const timer = setTimeout(() => this.#child.kill("SIGKILL"), STOP_GRACE_MS);
    await this.#closed;
    clearTimeout(timer);
  }

  /** For the very end, when nothing can be awaited any more. */
  kill(): void {
    this.#stopping = true;
    this.#child.kill("SIGKILL");
  }
}

function parseLine(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/**
 * Runs a command that prints one JSON value per line to its end, handing on each.
 *
 * @throws CommandFailed
 */
export async function followCommand(
  command: Command,
  args: readonly string[],
  onLine: (line: unknown) => void,
): Promise<void> {
  const child = spawn(process.execPath, [COMMANDS[command], ...args, "--json"], { stdio: ["ignore", "pipe", "pipe"] });
  let errors = "";
  child.stderr.setEncoding("utf8").on("data", (text: string) => (errors += text));
  createInterface({ input: child.stdout }).on("line", (text) => {
    const value = parseLine(text);
    if (value !== undefined) onLine(value);
  });
  const code = await new Promise<number | null>((resolve, reject) => {
    child.once("error", reject).once("close", resolve);
  });
  if (code !== 0)
    throw new CommandFailed(`fedace-${command} ${args.slice(0, 2).join(" ")} ended with ${code}:\n${errors}`);
}
