import { spawn, type ChildProcessWithoutNullStreams } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import type { StepReport } from "./serve.js";

/** A process that runs one step whenever it is asked to. */
export class Contestant {
  readonly #child: ChildProcessWithoutNullStreams;
  readonly #lines: AsyncIterator<string>;
  #errors = "";

  private constructor(
    readonly name: string,
    command: string,
    args: readonly string[],
  ) {
    this.#child = spawn(command, args);
    this.#child.stderr.on("data", (data: Buffer) => (this.#errors += data.toString()));
    this.#lines = createInterface({ input: this.#child.stdout })[Symbol.asyncIterator]();
  }

  /** Starts the process and waits until it is ready. */
  static async start(name: string, command: string, args: readonly string[]): Promise<Contestant> {
    const contestant = new Contestant(name, command, args);
    await contestant.#answer();
    return contestant;
  }

  /** Runs one step. */
  async step(): Promise<StepReport> {
    this.#child.stdin.write("step\n");
    return (await this.#answer()) as StepReport;
  }

  async stop(): Promise<void> {
    const ended = once(this.#child, "exit");
    this.#child.stdin.end();
    await ended;
  }

  async #answer(): Promise<unknown> {
    const line = await this.#lines.next();
    if (line.done === true) throw new Error(`${this.name} ended: ${this.#errors.trim()}`);
    return JSON.parse(line.value) as unknown;
  }
}
