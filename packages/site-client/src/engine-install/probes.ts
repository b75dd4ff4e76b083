import { existsSync, realpathSync, statfsSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { z } from "zod";
import type { Machine } from "./checks.js";
import { lastError, runCommand } from "./command.js";
import type { Environment, RunOptions } from "./command.js";
import { DESCRIBE_PYTHON } from "./python-scripts.js";

const pythonSchema = z.object({ version: z.tuple([z.int(), z.int()]), pip: z.boolean(), venv: z.boolean() });
const reportSchema = z.object({ header: z.object({ glibcVersionRuntime: z.string().optional() }) });

/**
 * Looks at this machine.
 *
 * @param python command of the Python that was asked for
 * @param folder where the engine is to be; it exists
 */
export async function probeMachine(python: string, folder: string, options: RunOptions): Promise<Machine> {
  const { bavail, bsize } = statfsSync(folder);
  return {
    platform: process.platform,
    arch: process.arch,
    glibc: reportSchema.parse(process.report.getReport()).header.glibcVersionRuntime,
    node: process.versions.node,
    nodeHeaders: findNodeHeaders(),
    compiler: await probeCompiler(options),
    python: await probePython(python, options),
    free: bavail * bsize,
    folder,
    nvidia: existsSync("/proc/driver/nvidia/version"),
  };
}

/**
 * Node's C headers: those of npm's package of them, which is a dependency, else those that came with this Node. The
 * interface is the same for all versions of Node, and nothing has to be downloaded.
 */
function findNodeHeaders(): Machine["nodeHeaders"] {
  const own = join(dirname(dirname(realpathSync(process.execPath))), "include", "node");
  const found = [...packagedHeaders(), own].find((folder) => existsSync(join(folder, "node_api.h")));
  return { folder: found ?? own, present: found !== undefined };
}

function packagedHeaders(): string[] {
  try {
    return [join(dirname(createRequire(import.meta.url).resolve("node-api-headers/package.json")), "include")];
  } catch {
    return [];
  }
}

/** The compiler's command and the arguments that come with it, as `CXX` may have them. */
export function compilerCommand(env: Environment): readonly [string, ...string[]] {
  const [command = "g++", ...more] = (env["CXX"] ?? "").split(/\s+/).filter((word) => word !== "");
  return [command, ...more];
}

/** Compiles nothing, but with a header of the C++ library: a compiler without that is often half-installed. */
async function probeCompiler(options: RunOptions): Promise<Machine["compiler"]> {
  const [command, ...more] = compilerCommand(options.env);
  const trial = ["-std=c++17", "-include", "string", "-x", "c++", "-fsyntax-only", "/dev/null"];
  const { status, tail } = await runCommand(command, [...more, ...trial], options);
  return status === 0 ? { command } : { command, problem: lastError(tail) };
}

async function probePython(command: string, options: RunOptions): Promise<Machine["python"]> {
  const { status, stdout } = await runCommand(command, ["-c", DESCRIBE_PYTHON], options);
  if (status !== 0) return { command, version: undefined, pip: false, venv: false };
  return { command, ...pythonSchema.parse(JSON.parse(stdout)) };
}
