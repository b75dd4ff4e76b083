import { randomUUID } from "node:crypto";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { TestContext } from "node:test";
import { silentLogger, sleep, systemClock } from "@fedace/ace-core/foundation";
import type { Clock } from "@fedace/ace-core/foundation";
import { invitationSchema } from "@fedace/ace-core/protocol";
import type { Invitation } from "@fedace/ace-core/protocol";
import { main } from "../cli/main.js";
import type { Terminal } from "@fedace/ace-core/host";
import { createCoordinator, initCoordinator } from "../service/index.js";
import type { Coordinator } from "../service/index.js";
import { TestSite } from "./site.js";

/** The machine's clock with a shift that tests change. */
class ShiftedClock implements Clock {
  shiftMs = 0;
  #stopped: number | undefined;
  now(): number {
    return (this.#stopped ?? systemClock.now()) + this.shiftMs;
  }
  /** From now on only `shiftMs` moves it. Timers go on. */
  stop(): void {
    this.#stopped = systemClock.now();
  }
  /** How many times faster timers fire. */
  haste = 1;
  after(delayMs: number, callback: () => void, keepsAlive?: boolean): () => void {
    return systemClock.after(delayMs / this.haste, callback, keepsAlive);
  }
}

/** What one command printed. */
export interface Ran {
  readonly code: number;
  readonly out: string;
  readonly err: string;
  /** The last line of `out` as JSON. */
  json(): Record<string, unknown>;
}

/** A folder that is removed after the test. */
export function temporaryFolder(test: TestContext): string {
  const folder = mkdtempSync(join(tmpdir(), "fedace-"));
  test.after(() => {
    rmSync(folder, { recursive: true, force: true });
  });
  return folder;
}

/** A coordinator in a folder of its own, driven by its commands. */
export class TestCoordinator {
  readonly data: string;
  readonly clock = new ShiftedClock();
  readonly #folder: string;
  #server: Coordinator | undefined;

  private constructor(folder: string) {
    this.#folder = folder;
    this.data = join(folder, "data");
  }

  static async create(test: TestContext): Promise<TestCoordinator> {
    const made = new TestCoordinator(temporaryFolder(test));
    await initCoordinator({ data: made.data, url: "https://localhost:8443" }, made.clock);
    test.after(() => made.stop());
    return made;
  }

  async start(): Promise<Coordinator> {
    this.#server = createCoordinator({ clock: this.clock, logger: silentLogger }, { data: this.data, port: 0 });
    await this.#server.start();
    return this.#server;
  }

  async stop(): Promise<void> {
    await this.#server?.stop();
  }

  path(name: string): string {
    return join(this.#folder, name);
  }

  run(...argv: readonly string[]): Promise<Ran> {
    return runCommand([...argv, "--data", this.data, "--json"], this.clock);
  }

  async invite(name: string): Promise<Invitation> {
    const file = this.path(`${name}-${randomUUID()}.json`);
    const ran = await this.run("site", "invite", name, "--out", file);
    if (ran.code !== 0) throw new Error(ran.err);
    return invitationSchema.parse(JSON.parse(readFileSync(file, "utf8")));
  }

  /** A site that has joined. */
  async site(name: string): Promise<TestSite> {
    const site = await TestSite.create(await this.invite(name));
    const answer = await site.join(this.clock.now());
    if (!answer.ok) throw new Error(answer.rejection.code);
    return site;
  }

  /** Resolves as soon as `check` holds. */
  async eventually(check: () => boolean): Promise<void> {
    while (!check()) await sleep(this.clock, 20);
  }

  /** Resolves with what `run show` says as soon as it is as wanted. */
  async until(run: string, wanted: (view: Record<string, unknown>) => boolean): Promise<Record<string, unknown>> {
    for (;;) {
      const view = (await this.run("run", "show", run)).json();
      if (wanted(view)) return view;
      await sleep(this.clock, 20);
    }
  }

  /** The events of the audit log with their fields. */
  async audit(): Promise<{ readonly event: string; readonly fields: Record<string, unknown> }[]> {
    return (await this.run("audit", "list")).json()["entries"] as { event: string; fields: Record<string, unknown> }[];
  }
}

export async function runCommand(argv: readonly string[], clock: Clock = systemClock): Promise<Ran> {
  let out = "";
  let err = "";
  const terminal: Terminal = {
    out: (text) => (out += text),
    err: (text) => (err += text),
    screen: { out: false, err: false },
    env: {},
    interrupted: new AbortController().signal,
  };
  const code = await main(argv, terminal, clock);
  const json = (): Record<string, unknown> => {
    if (out === "") throw new Error(err);
    return JSON.parse(out.trim().split("\n").at(-1) ?? "") as Record<string, unknown>;
  };
  return { code, out, err, json };
}
