import { spawn } from "node:child_process";
import type { ChildProcess } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import type { TestContext } from "node:test";
import { fileURLToPath } from "node:url";

const BIN = fileURLToPath(new URL("../../bin/fedace-coordinator.js", import.meta.url));

/** The coordinator as a process of its own, which can be killed at any moment. */
export class CoordinatorProcess {
  readonly #child: ChildProcess;
  readonly #exited: Promise<unknown>;
  readonly url: string;

  private constructor(child: ChildProcess, exited: Promise<unknown>, url: string) {
    this.#child = child;
    this.#exited = exited;
    this.url = url;
  }

  static async start(test: TestContext, data: string, ...args: readonly string[]): Promise<CoordinatorProcess> {
    const child = spawn(process.execPath, [BIN, "serve", "--data", data, "--json", ...args], {
      stdio: ["ignore", "pipe", "inherit"],
    });
    const exited = once(child, "exit");
    test.after(() => child.kill("SIGKILL"));
    const [line] = (await once(createInterface({ input: child.stdout }), "line")) as [string];
    const { url } = JSON.parse(line) as { url: string };
    return new CoordinatorProcess(child, exited, url);
  }

  /** kill -9: nothing of the process runs any more when this resolves. */
  async kill(): Promise<void> {
    this.#child.kill("SIGKILL");
    await this.#exited;
  }

  /** Returns the exit code. */
  async terminate(): Promise<number | null> {
    this.#child.kill("SIGTERM");
    const [code] = (await this.#exited) as [number | null];
    return code;
  }
}
