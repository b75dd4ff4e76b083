import { spawn } from "node:child_process";
import type { ChildProcess } from "node:child_process";
import { once } from "node:events";
import { createWriteStream } from "node:fs";
import type { WriteStream } from "node:fs";
import { fileURLToPath } from "node:url";

const BINS = {
  coordinator: fileURLToPath(new URL("../../../../packages/coordinator/bin/fedace-coordinator.js", import.meta.url)),
  site: fileURLToPath(new URL("../../../../packages/site-client/bin/fedace-site.js", import.meta.url)),
} as const;

/** A service that can be killed and started again with the same arguments. */
export class Victim {
  readonly name: string;
  readonly #command: readonly string[];
  readonly #log: WriteStream;
  #child: ChildProcess;
  #closed: Promise<unknown>;

  /** @param logFile keeps what every process of it printed */
  constructor(name: string, command: keyof typeof BINS, args: readonly string[], logFile: string) {
    this.name = name;
    this.#command = [BINS[command], ...args];
    this.#log = createWriteStream(logFile);
    [this.#child, this.#closed] = this.#spawn();
  }

  /** As a power failure or a shortage of memory would: SIGKILL, whatever it is at. */
  async kill(): Promise<void> {
    this.#child.kill("SIGKILL");
    await this.#closed;
    this.#log.write(`--- killed\n`);
  }

  start(): void {
    [this.#child, this.#closed] = this.#spawn();
  }

  /** Whether it has ended by itself, which nobody asked of it. */
  get hasEnded(): boolean {
    return this.#child.exitCode !== null || this.#child.signalCode !== null;
  }

  async stop(): Promise<void> {
    this.#child.kill("SIGTERM");
    await this.#closed;
    this.#log.end();
  }

  #spawn(): [ChildProcess, Promise<unknown>] {
    const child = spawn(process.execPath, this.#command, { stdio: ["ignore", "pipe", "pipe"] });
    for (const stream of [child.stdout, child.stderr]) stream.pipe(this.#log, { end: false });
    return [child, once(child, "close")];
  }
}
