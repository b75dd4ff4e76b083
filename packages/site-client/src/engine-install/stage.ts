import { existsSync, mkdirSync, readFileSync, readdirSync, renameSync, rmSync } from "node:fs";
import { join } from "node:path";
import { INSTALLED_FILE, installedSchema, tensorflowFolder } from "@fedace/ace-core/engine";
import type { InstalledEngine } from "@fedace/ace-core/engine";
import { siteError } from "../errors.js";
import type { Stage } from "./fetch.js";

const PREFIX = ".installing-";

/** What a folder for engines is, of which nobody knows yet. */
interface OpenStage extends Stage {
  /** A folder for engines with this engine alone. */
  readonly root: string;
}

/** What is said to be installed in the engine's folder; undefined if nothing, or nothing that can be read. */
export function readInstalled(home: string): InstalledEngine | undefined {
  try {
    return installedSchema.parse(JSON.parse(readFileSync(join(home, INSTALLED_FILE), "utf8")));
  } catch {
    return undefined;
  }
}

/**
 * A folder to work in, beside where the engine is to be, so that moving it there is one step. What installations that
 * were killed left behind is removed.
 *
 * @throws ENGINE_INSTALL_BUSY
 */
export function openStage(engines: string): OpenStage {
  for (const name of readdirSync(engines).filter((entry) => entry.startsWith(PREFIX))) {
    const owner = Number(name.slice(PREFIX.length));
    if (owner !== process.pid && isAlive(owner)) {
      throw siteError("ENGINE_INSTALL_BUSY", `Process ${owner} is installing an engine in ${engines}.`);
    }
    rmSync(join(engines, name), { recursive: true, force: true });
  }
  const root = join(engines, `${PREFIX}${process.pid}`);
  const [home, scratch] = [tensorflowFolder(root), join(root, "scratch")];
  for (const path of [home, scratch]) mkdirSync(path, { recursive: true });
  return { root, home, scratch };
}

/** Moves the complete engine to its place; what was there is there again if that fails, and else removed. */
export function putInPlace(stage: OpenStage, folder: string): void {
  const before = join(stage.root, "before");
  const replaces = existsSync(folder);
  if (replaces) renameSync(folder, before);
  try {
    renameSync(stage.home, folder);
  } catch (error) {
    if (replaces) renameSync(before, folder);
    throw error;
  }
}

function isAlive(pid: number): boolean {
  if (!Number.isSafeInteger(pid) || pid <= 0) return false;
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "EPERM";
  }
}
