import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { TestContext } from "node:test";
import { seededRandom, silentLogger, systemClock } from "@fedace/ace-core/foundation";
import type { Clock, LogFields, Logger } from "@fedace/ace-core/foundation";
import type { LabelMapConfig } from "@fedace/ace-core/labels";
import { invitationSchema } from "@fedace/ace-core/protocol";
import type { Invitation, PlanInput } from "@fedace/ace-core/protocol";
import { createCoordinator, main as coordinatorMain } from "@fedace/coordinator";
import type { Coordinator } from "@fedace/coordinator";
import { writePhantomArchive } from "@fedace/deploy/phantom";
import { createSite, main as siteMain } from "@fedace/site-client";
import type { Site } from "@fedace/site-client";

/** How long a line may take to come, milliseconds: a slow machine and a few reconnects. */
const PATIENCE_MS = 60_000;

/** What one command printed. */
interface Ran {
  readonly code: number;
  readonly out: string;
  readonly err: string;
}

/** The machine's clock, shifted. */
export function shifted(ms: number): Clock {
  return { now: () => systemClock.now() + ms, after: (delay, callback) => systemClock.after(delay, callback) };
}

type Environment = Readonly<Record<string, string>>;

export async function command(
  main: typeof siteMain,
  argv: readonly string[],
  clock: Clock,
  env: Environment = {},
): Promise<Ran> {
  let out = "";
  let err = "";
  const terminal = {
    out: (text: string) => (out += text),
    err: (text: string) => (err += text),
    screen: { out: false, err: false },
    env,
    interrupted: new AbortController().signal,
  };
  return { code: await main(argv, terminal, clock), out, err };
}

/** The code at the head of what a failed command printed. */
export function errorOf({ err }: Ran): string {
  return /^error (\w+):/m.exec(err)?.[1] ?? err;
}

/** A console that can be waited on. */
export class Console implements Logger {
  readonly lines: string[] = [];
  readonly #waiting = new Set<() => void>();

  #add(message: string, fields?: LogFields): void {
    const code = fields?.["code"];
    this.lines.push(typeof code === "string" ? `${message} [${code}]` : message);
    for (const wake of this.#waiting) wake();
  }

  debug(): void {
    return;
  }
  info(message: string, fields?: LogFields): void {
    this.#add(message, fields);
  }
  warn(message: string, fields?: LogFields): void {
    this.#add(message, fields);
  }
  error(message: string, fields?: LogFields): void {
    this.#add(message, fields);
  }

  count(line: RegExp): number {
    return this.lines.filter((text) => line.test(text)).length;
  }

  /** Waits for a line, or for the n-th of its kind; fails with the whole console where it does not come. */
  async until(line: RegExp, times = 1): Promise<void> {
    const deadline = AbortSignal.timeout(PATIENCE_MS);
    while (this.count(line) < times) {
      await new Promise<void>((resolve) => {
        const wake = (): void => {
          this.#waiting.delete(wake);
          deadline.removeEventListener("abort", wake);
          resolve();
        };
        this.#waiting.add(wake);
        deadline.addEventListener("abort", wake, { once: true });
      });
      if (deadline.aborted) throw new Error(`${String(line)} did not come:\n${this.lines.join("\n")}`);
    }
  }
}

/** One coordinator and its sites in this process (training in processes of its own), in a folder that goes away. */
export class House {
  readonly dir: string;
  readonly archive: string;
  #coordinator: Coordinator | undefined;
  #port = 0;
  #invited = 0;
  readonly #sites = new Set<Site>();

  private constructor(dir: string) {
    this.dir = dir;
    this.archive = join(dir, "archive");
  }

  static async open(test: TestContext): Promise<House> {
    const house = new House(mkdtempSync(join(tmpdir(), "fedace-")));
    test.after(() => house.#close());
    const grid = { size: [20, 20, 20], spacing: 8 } as const;
    await writePhantomArchive({ dir: house.archive, kind: "tissue", subjects: 3, seed: 1, grid });
    const init = await house.coordinator("init", "--url", "https://127.0.0.1:8443");
    if (init.code !== 0) throw new Error(init.err);
    await house.start();
    return house;
  }

  async #close(): Promise<void> {
    for (const site of this.#sites) await site.stop();
    await this.stop();
    rmSync(this.dir, { recursive: true, force: true });
  }

  get port(): number {
    return this.#port;
  }

  /** Starts the coordinator: on a free port first, and on the same one after a stop unless another is named. */
  async start(port = this.#port): Promise<void> {
    const parts = { clock: systemClock, logger: silentLogger };
    this.#coordinator = createCoordinator(parts, {
      data: join(this.dir, "coordinator"),
      host: "127.0.0.1",
      port,
    });
    await this.#coordinator.start();
    this.#port = this.#coordinator.address().port;
  }

  async stop(): Promise<void> {
    await this.#coordinator?.stop();
    this.#coordinator = undefined;
  }

  coordinator(...argv: string[]): Promise<Ran> {
    return command(coordinatorMain, [...argv, "--data", join(this.dir, "coordinator")], systemClock);
  }

  /** Invites a site; `change` may falsify the invitation. @returns the invitation's file */
  async invite(name: string, change: (invitation: Invitation) => object = (same) => same): Promise<string> {
    const file = join(this.dir, `invitation-${(this.#invited += 1)}.json`);
    const ran = await this.coordinator("site", "invite", name, "--out", file);
    if (ran.code !== 0) throw new Error(ran.err);
    const changed = join(this.dir, `changed-${this.#invited}.json`);
    writeFileSync(changed, JSON.stringify(change(invitationSchema.parse(JSON.parse(readFileSync(file, "utf8"))))));
    return changed;
  }

  data(name: string): string {
    return join(this.dir, `site-${name}`);
  }

  join(invitation: string, name: string, clock: Clock = systemClock, env: Environment = {}): Promise<Ran> {
    return command(siteMain, ["join", invitation, "--data", this.data(name)], clock, env);
  }

  predict(...argv: string[]): Promise<Ran> {
    return command(siteMain, ["predict", ...argv], systemClock);
  }

  /** A command of a site on its data folder. */
  command(name: string, ...argv: string[]): Promise<Ran> {
    return command(siteMain, [...argv, "--data", this.data(name)], systemClock);
  }

  /** A site that has joined, through `port` where one is given. */
  async joined(name: string, port = this.#port): Promise<void> {
    const url = `https://127.0.0.1:${port}`;
    const ran = await this.join(await this.invite(name, (invitation) => ({ ...invitation, url })), name);
    if (ran.code !== 0) throw new Error(ran.err);
  }

  site(
    name: string,
    clock: Clock = systemClock,
    proxy = "",
    labels: LabelMapConfig = { kind: "tissue" },
    minimumCases = 1,
  ): { site: Site; console: Console } {
    const logger = new Console();
    const site = createSite(
      { clock, random: seededRandom(1), logger, nodeFlags: [] },
      {
        data: this.data(name),
        archive: this.archive,
        labels,
        minimumCases,
        engine: "wasm",
        threads: 1,
        proxy: { url: proxy },
      },
    );
    this.#sites.add(site);
    return { site, console: logger };
  }

  /** Creates and starts a run of one site. @returns its id */
  async run(
    changes: Partial<Omit<PlanInput, "init">> & { readonly init?: string | PlanInput["init"] } = {},
  ): Promise<string> {
    const plan: object = {
      name: "alone",
      classes: ["background", "CSF", "GM", "WM"],
      inputs: ["T1w"],
      spacing: [8, 8, 8],
      model: { preset: "tiny" },
      rounds: 1,
      quorum: { sites: 1, deadline: "5m" },
      ...changes,
      // What is recommended is taken only where a test asks for it.
      training: {
        schedule: "constant",
        correction: "off",
        absentPrior: 0,
        ...(changes.training ?? { patch: [8, 8, 8], batch: 1, steps: 2 }),
      },
      aggregation: { weighting: "cases", average: { kind: "none" }, ...changes.aggregation },
    };
    const file = join(this.dir, "plan.yaml");
    writeFileSync(file, JSON.stringify(plan));
    const created = await this.coordinator("run", "create", file, "--json");
    if (created.code !== 0) throw new Error(created.err);
    const { run } = JSON.parse(created.out) as { run: string };
    const started = await this.coordinator("run", "start", run);
    if (started.code !== 0) throw new Error(started.err);
    return run;
  }
}
