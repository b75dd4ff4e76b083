/** A coordinator and two sites as processes over TLS, with generated archives, for the one benchmark that kills them. */
import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { PlanInput } from "@fedace/ace-core/protocol";
import { freePort, runCommand } from "@fedace/deploy/federation";
import { writePhantomArchive } from "@fedace/deploy/phantom";
import { z } from "zod";
import { Victim } from "./victim.js";

export const SITES = { north: "tissue", south: "lesion" } as const;

/** Every method that keeps something from round to round: at the sites, at the coordinator, at both. */
export function killsPlan(rounds: number): PlanInput {
  return {
    name: "kills",
    classes: ["background", "CSF", "GM", "WM", "lesion"],
    inputs: ["T1w", "FLAIR"],
    spacing: [8, 8, 8],
    model: { preset: "tiny" },
    training: { patch: [8, 8, 8], batch: 2, steps: 300, correction: "control-variates", absentPrior: 2, holdout: 0.34 },
    aggregation: { weighting: "classes", average: { kind: "ema", decay: 0.6 } },
    rounds,
    quorum: { sites: 2, deadline: "1h" },
  };
}

const created = z.object({ run: z.string() });

export class Stage {
  readonly data: string;
  readonly #dir: string;
  readonly victims: readonly Victim[];

  private constructor(dir: string, victims: readonly Victim[]) {
    this.#dir = dir;
    this.data = join(dir, "coordinator");
    this.victims = victims;
  }

  static async open(dir: string): Promise<Stage> {
    await mkdir(dir, { recursive: true });
    const at = ["--data", join(dir, "coordinator")];
    const port = String(await freePort());
    await runCommand("coordinator", ["init", ...at, "--url", `https://127.0.0.1:${port}`]);
    const listen = ["serve", ...at, "--port", port, "--host", "127.0.0.1"];
    const victims = [new Victim("coordinator", "coordinator", listen, join(dir, "coordinator.log"))];
    for (const [seed, [name, kind]] of Object.entries(SITES).entries()) {
      const archive = join(dir, `archive-${name}`);
      await writePhantomArchive({
        dir: archive,
        kind,
        subjects: 4,
        seed: seed + 1,
        grid: { size: [24, 24, 24], spacing: 8 },
      });
      const invitation = join(dir, `${name}.json`);
      await runCommand("coordinator", ["site", "invite", name, ...at, "--out", invitation]);
      await joined(invitation, join(dir, `site-${name}`));
      const flags = ["--data", join(dir, `site-${name}`), "--archive", archive, "--kind", kind];
      const args = ["serve", ...flags, "--engine", "wasm", "--threads", "1"];
      victims.push(new Victim(name, "site", args, join(dir, `${name}.log`)));
    }
    return new Stage(dir, victims);
  }

  /** Creates and starts a run. @returns its id */
  async start(plan: PlanInput): Promise<string> {
    const file = join(this.#dir, "plan.yaml");
    await writeFile(file, JSON.stringify(plan));
    const { run } = created.parse(await this.operator("run", "create", file));
    await this.operator("run", "start", run);
    return run;
  }

  operator(...args: string[]): Promise<unknown> {
    return runCommand("coordinator", [...args, "--data", this.data]);
  }

  receipts(site: string): Promise<unknown> {
    return runCommand("site", ["receipts", "--data", join(this.#dir, `site-${site}`)]);
  }

  async close(): Promise<void> {
    for (const victim of [...this.victims].reverse()) await victim.stop();
  }
}

/** The coordinator may not listen yet. */
async function joined(invitation: string, data: string): Promise<void> {
  for (let tries = 0; ; tries++) {
    try {
      await runCommand("site", ["join", invitation, "--data", data]);
      return;
    } catch (error) {
      if (tries === 20) throw error;
    }
  }
}
