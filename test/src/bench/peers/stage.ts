/** A coordinator process over TLS with a run whose first round is open: what the peers of the benchmark meet. */
import { execFile, spawn } from "node:child_process";
import type { ChildProcess } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join as path } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { unverifiedPayload } from "@fedace/ace-core/host";
import { assignmentSchema, invitationSchema } from "@fedace/ace-core/protocol";
import type { Invitation } from "@fedace/ace-core/protocol";
import { connect, ask, join, manifest } from "./site.js";
import type { SiteIdentity } from "./site.js";

const BIN = fileURLToPath(new URL("../../../../packages/coordinator/bin/fedace-coordinator.js", import.meta.url));
const run = promisify(execFile);

/** A model of several MiB, so that whole chunks of it can be asked for. */
const PLAN = `name: peers
classes: [background, CSF, GM, WM, lesion]
inputs: [T1w, FLAIR]
spacing: [1, 1, 1]
model: { preset: paper }
rounds: 100
quorum: { sites: 2, deadline: 1d }
`;

/** Resident memory of a process, bytes. */
interface Memory {
  readonly now: number;
  /** The most since {@link Stage.forget}. */
  readonly peak: number;
}

export class Stage {
  readonly #folder: string;
  readonly #child: ChildProcess;
  readonly #exited: Promise<unknown>;
  readonly honest: SiteIdentity;
  readonly hostile: SiteIdentity;
  readonly run: string;
  /** Length of the model, bytes. */
  modelBytes = 0;

  private constructor(
    folder: string,
    child: ChildProcess,
    exited: Promise<unknown>,
    sites: { readonly honest: SiteIdentity; readonly hostile: SiteIdentity },
    run: string,
  ) {
    this.#folder = folder;
    this.#child = child;
    this.#exited = exited;
    this.honest = sites.honest;
    this.hostile = sites.hostile;
    this.run = run;
  }

  static async open(): Promise<Stage> {
    const folder = await mkdtemp(path(tmpdir(), "fedace-peers-"));
    const data = path(folder, "data");
    const command = async (...args: readonly string[]): Promise<string> =>
      (await run(process.execPath, [BIN, ...args, "--data", data, "--json"])).stdout;
    await command("init", "--url", "https://localhost:8443");
    const child = spawn(process.execPath, [BIN, "serve", "--data", data, "--json", "--port", "0"], {
      stdio: ["ignore", "pipe", "inherit"],
    });
    const exited = once(child, "exit");
    try {
      await once(createInterface({ input: child.stdout }), "line");
      const invite = async (site: string): Promise<Invitation> => {
        const file = path(folder, `${site}.json`);
        await command("site", "invite", site, "--out", file);
        return invitationSchema.parse(JSON.parse(await readFile(file, "utf8")));
      };
      const sites = { honest: await join(await invite("honest")), hostile: await join(await invite("hostile")) };
      const plan = path(folder, "plan.yaml");
      await writeFile(plan, PLAN);
      const { run: id } = JSON.parse(await command("run", "create", plan)) as { readonly run: string };
      const stage = new Stage(folder, child, exited, sites, id);
      await stage.#begin(() => command("run", "start", id));
      return stage;
    } catch (error) {
      child.kill("SIGKILL");
      throw error;
    }
  }

  /** Both sites introduce themselves and are given the first round. */
  async #begin(start: () => Promise<unknown>): Promise<void> {
    const sockets = [await connect(this.honest), await connect(this.hostile)];
    const assigned = sockets.map(
      (socket) =>
        new Promise<{ readonly jws: string }>((resolve) => {
          socket.once("assignment", resolve);
        }),
    );
    for (const [i, kind] of (["tissue", "lesion"] as const).entries()) {
      const socket = sockets[i];
      if (socket !== undefined) await ask(socket, "manifest", manifest(kind));
    }
    await start();
    for (const { jws } of await Promise.all(assigned)) {
      this.modelBytes = assignmentSchema.parse(unverifiedPayload(jws)).model.bytes;
    }
    for (const socket of sockets) socket.disconnect();
  }

  /** From now on the peak is counted anew. */
  async forget(): Promise<void> {
    await writeFile(`/proc/${this.#child.pid}/clear_refs`, "5");
  }

  async memory(): Promise<Memory> {
    const status = await readFile(`/proc/${this.#child.pid}/status`, "utf8");
    const of = (name: string): number => Number(new RegExp(`^${name}:\\s+(\\d+) kB`, "m").exec(status)?.[1]) * 1024;
    return { now: of("VmRSS"), peak: of("VmHWM") };
  }

  async close(): Promise<void> {
    this.#child.kill("SIGTERM");
    await this.#exited;
    await rm(this.#folder, { recursive: true, force: true });
  }
}
