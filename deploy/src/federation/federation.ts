import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { PlanInput } from "@fedace/ace-core/protocol";
import { z } from "zod";
import { freePort } from "./ports.js";
import { Daemon, runCommand } from "./processes.js";
import type { CommandFailed } from "./processes.js";

/** A site and what it trains on. */
export interface SiteArchive {
  readonly name: string;
  readonly kind: "tissue" | "lesion";
  readonly archive: string;
}

/** The line in which a site says what it computes with. */
const engineLineSchema = z.object({ msg: z.string().startsWith("engine ") });

const runCreatedSchema = z.object({ run: z.string() });

/** A coordinator and its sites, as processes. */
export interface Federation {
  readonly url: string;
  readonly coordinatorData: string;
  /** Which engine each site has opened and why, when all have. */
  readonly engines: Promise<readonly string[]>;
  /** Creates and starts a run; returns its id. */
  startRun(plan: PlanInput): Promise<string>;
  stop(): Promise<void>;
  /** At once, without waiting. */
  kill(): void;
}

interface FederationInit {
  readonly dir: string;
  readonly sites: readonly SiteArchive[];
  readonly engine: string;
  /** Worker threads of each site's engine: the sites share the cores. */
  readonly threads: number;
  /**
   * Plain HTTP on loopback behind something that listens where the invitations point: given the coordinator's port,
   * returns the port that sites are to use. Without it, TLS.
   */
  readonly behind?: (coordinatorPort: number) => Promise<number>;
  readonly onDeath: (error: CommandFailed) => void;
}

/** Makes a coordinator, invites the sites, lets them join, and starts all of them. */
export async function startFederation(init: FederationInit): Promise<Federation> {
  const { dir, onDeath } = init;
  const port = await freePort();
  const url = init.behind === undefined ? `https://127.0.0.1:${port}` : `http://127.0.0.1:${await init.behind(port)}`;
  const listen = [
    "--port",
    String(port),
    "--host",
    "127.0.0.1",
    ...(init.behind === undefined ? [] : ["--behind-proxy"]),
  ];
  const coordinatorData = join(dir, "coordinator");
  const logs = join(dir, "logs");
  await mkdir(logs, { recursive: true });
  const daemons: Daemon[] = [];
  const at = ["--data", coordinatorData];

  await runCommand("coordinator", ["init", ...at, "--url", url, "--name", "FedACE demo"]);
  const listening = new Promise<void>((resolve) => {
    const onLine = (): void => {
      resolve();
    };
    const logFile = join(logs, "coordinator.log");
    daemons.push(
      new Daemon("the coordinator", "coordinator", ["serve", ...at, ...listen], { logFile, onLine, onDeath }),
    );
  });
  await listening;
  const engines: Promise<string>[] = [];
  for (const { name, kind, archive } of init.sites) {
    const invitation = join(dir, `${name}.invitation.json`);
    const data = join(dir, `site-${name}`);
    await runCommand("coordinator", ["site", "invite", name, ...at, "--out", invitation]);
    await runCommand("site", ["join", invitation, "--data", data]);
    const flags = ["--data", data, "--archive", archive, "--kind", kind, "--engine", init.engine];
    const args = ["serve", ...flags, "--threads", String(init.threads)];
    const opened = new Promise<string>((resolve) => {
      const onLine = (line: unknown): void => {
        const parsed = engineLineSchema.safeParse(line);
        if (parsed.success) resolve(parsed.data.msg.replace(/^engine /, ""));
      };
      daemons.push(new Daemon(`site ${name}`, "site", args, { logFile: join(logs, `${name}.log`), onLine, onDeath }));
    });
    engines.push(opened);
  }

  return {
    url,
    coordinatorData,
    engines: Promise.all(engines),
    async startRun(plan) {
      // JSON is YAML.
      const file = join(dir, "plan.yaml");
      await writeFile(file, `${JSON.stringify(plan, null, 2)}\n`);
      const { run } = runCreatedSchema.parse(await runCommand("coordinator", ["run", "create", file, ...at]));
      await runCommand("coordinator", ["run", "start", run, ...at]);
      return run;
    },
    async stop() {
      for (const daemon of daemons.reverse()) await daemon.stop();
    },
    kill() {
      for (const daemon of daemons) daemon.kill();
    },
  };
}
