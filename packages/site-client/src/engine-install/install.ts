import { existsSync, mkdirSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { ADDON_FILE, INSTALLED_FILE, LOADER_FILE, nodePackage, tensorflowFolder } from "@fedace/ace-core/engine";
import type { InstalledEngine } from "@fedace/ace-core/engine";
import { isFedaceError } from "@fedace/ace-core/foundation";
import { siteError } from "../errors.js";
import { checkMachine } from "./checks.js";
import type { Machine } from "./checks.js";
import { lastError } from "./command.js";
import { fetchLibrary } from "./fetch.js";
import type { Stage } from "./fetch.js";
import { LOADER_SOURCE } from "./loader.js";
import type { Parts } from "./parts.js";
import { compileArguments, librariesOf, loaderArguments, planInstall, sourceLine } from "./plan.js";
import type { InstallRequest } from "./plan.js";
import { compilerCommand } from "./probes.js";
import { openStage, putInPlace, readInstalled } from "./stage.js";
import { tryEngines } from "./trial.js";
import type { TrialResult } from "./trial.js";

interface InstallResult {
  readonly folder: string;
  /** True when the engine was there already, and nothing was changed. */
  readonly already: boolean;
  readonly variant: InstalledEngine["variant"];
  readonly trial: readonly TrialResult[];
}

/**
 * Completes the `tensorflow` engine: brings libtensorflow, builds the addon of `@tensorflow/tfjs-node-gpu` from the
 * package's own source, trains one step on it, and only then puts the engine in its place. On failure or when aborted
 * everything is as it was.
 *
 * @param engines folder for engines, absolute; made if it is not there
 * @throws COMMAND_USAGE, FILE_UNREADABLE, FILE_UNWRITABLE, the ENGINE_INSTALL_… codes, the signal's reason
 */
export async function installTensorflow(
  parts: Parts,
  request: InstallRequest,
  engines: string,
): Promise<InstallResult> {
  const plan = planInstall(request, process.cwd());
  const found = nodePackage();
  if (found === undefined) {
    throw siteError("ENGINE_INSTALL_NODE", "npm has not installed @tensorflow/tfjs-node-gpu.", {
      remedy: "Install FedACE again with npm.",
    });
  }
  const { variant } = plan;
  const installed: InstalledEngine = { format: 1, tfjs: found.version, variant, source: sourceLine(plan) };
  const folder = tensorflowFolder(engines);
  const there = await tryInstalled(parts, installed, engines);
  if (there !== undefined) return { folder, already: true, variant, trial: there };

  makeFolder(engines);
  const machine = await parts.probe(request.python, engines, parts);
  for (const note of checkMachine(machine, plan)) parts.report.detail(`note: ${note}`);
  const stage = openStage(engines);
  try {
    mkdirSync(join(stage.home, "addon"));
    const headers = await fetchLibrary(parts, plan.source, request.python, stage);
    await build(parts, machine, { sources: join(found.folder, "binding"), headers, stage });
    writeFileSync(join(stage.home, INSTALLED_FILE), `${JSON.stringify(installed)}\n`);
    parts.report.step("training one step on each engine");
    const trial = await tryEngines(parts, stage.root);
    parts.signal.throwIfAborted();
    putInPlace(stage, folder);
    return { folder, already: false, variant, trial };
  } catch (error) {
    throw unwritable(error, engines);
  } finally {
    rmSync(stage.root, { recursive: true, force: true });
  }
}

/** The trial of what is there, if it is what is wanted and works; what does not is installed again. */
async function tryInstalled(
  parts: Parts,
  wanted: InstalledEngine,
  engines: string,
): Promise<readonly TrialResult[] | undefined> {
  const home = tensorflowFolder(engines);
  if (JSON.stringify(readInstalled(home)) !== JSON.stringify(wanted)) return undefined;
  if (![ADDON_FILE, LOADER_FILE].every((file) => existsSync(join(home, file)))) return undefined;
  try {
    return await tryEngines(parts, engines);
  } catch (error) {
    if (!isFedaceError(error, "ENGINE_INSTALL_CHECK")) throw error;
    parts.report.detail(`note: the installed engine does not work and is replaced: ${error.message}`);
    return undefined;
  }
}

async function build(
  parts: Parts,
  machine: Machine,
  input: { readonly sources: string; readonly headers: string; readonly stage: Stage },
): Promise<void> {
  parts.report.step("compiling the addon");
  const { sources, headers, stage } = input;
  const { home } = stage;
  const nodeHeaders = machine.nodeHeaders.folder;
  const libraries = librariesOf(filesOf(join(home, "lib")));
  await compile(parts, compileArguments({ sources, headers, home, nodeHeaders, libraries, addon: ADDON_FILE }));
  const source = join(stage.scratch, "loader.cc");
  writeFileSync(source, LOADER_SOURCE);
  await compile(parts, loaderArguments({ nodeHeaders }, source, join(home, LOADER_FILE)));
}

async function compile(parts: Parts, args: readonly string[]): Promise<void> {
  const [compiler, ...first] = compilerCommand(parts.env);
  const { status, tail } = await parts.run(compiler, [...first, ...args], parts);
  if (status !== 0) throw siteError("ENGINE_INSTALL_BUILD", `${compiler} cannot build the addon: ${lastError(tail)}.`);
}

/** The names in a folder; none where pip put no such folder. */
function filesOf(folder: string): string[] {
  try {
    return readdirSync(folder);
  } catch {
    return [];
  }
}

function makeFolder(engines: string): void {
  try {
    mkdirSync(engines, { recursive: true });
  } catch (error) {
    throw unwritable(error, engines);
  }
}

/** What the file system refuses, said as such; other errors as they are. */
function unwritable(error: unknown, engines: string): unknown {
  const code = (error as NodeJS.ErrnoException).code ?? "";
  if (!/^(EACCES|EPERM|EROFS|ENOSPC|EDQUOT|ENOTDIR|EEXIST)$/.test(code)) return error;
  return siteError("FILE_UNWRITABLE", `${engines} cannot be written: ${(error as Error).message}.`, { cause: error });
}
