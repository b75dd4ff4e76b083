import { mkdirSync, readdirSync, statSync, symlinkSync } from "node:fs";
import { join, relative } from "node:path";
import { siteError } from "../errors.js";
import { lastError } from "./command.js";
import type { Finished, RunOptions } from "./command.js";
import type { Parts } from "./parts.js";
import { pipDownload, pipInstall } from "./plan.js";
import type { Source } from "./plan.js";
import { DOWNLOAD, UNPACK } from "./python-scripts.js";

/** Where the parts of an engine are while it is put together. */
export interface Stage {
  /** The engine's folder, to be moved when it is complete. */
  readonly home: string;
  /** For what is thrown away afterwards. */
  readonly scratch: string;
}

/** Between two looks at how much pip has downloaded, milliseconds. */
const LOOK_EVERY_MS = 500;
const UNITS: Readonly<Record<string, number>> = { kB: 1e3, MB: 1e6, GB: 1e9 };

/**
 * Brings libtensorflow into `home/lib`.
 *
 * @returns the folder with its headers
 * @throws ENGINE_INSTALL_DOWNLOAD, ENGINE_INSTALL_LIBRARY, ENGINE_INSTALL_PYTHON, FILE_UNREADABLE
 */
export async function fetchLibrary(parts: Parts, source: Source, python: string, stage: Stage): Promise<string> {
  switch (source.kind) {
    case "venv":
      return installVenv(parts, source.requirement, python, stage);
    case "index":
      return unpack(parts, await downloadWheel(parts, source.requirement, python, stage), python, stage);
    case "url":
      return unpack(parts, await downloadArchive(parts, source.url, python, stage), python, stage);
    case "file":
      if (statSync(source.path, { throwIfNoEntry: false })?.isFile() !== true) {
        throw siteError("FILE_UNREADABLE", `${source.path} is no file.`);
      }
      return unpack(parts, source.path, python, stage);
  }
}

async function downloadWheel(parts: Parts, requirement: string, python: string, stage: Stage): Promise<string> {
  const { scratch } = stage;
  const [temporary, folder] = [join(scratch, "tmp"), join(scratch, "download")];
  for (const path of [temporary, folder]) mkdirSync(path);
  parts.report.step(`downloading ${requirement}`);
  let total = 0;
  const looking = setInterval(() => {
    if (total > 0) parts.report.progress(Math.min(total, bytesBelow(temporary)), total);
  }, LOOK_EVERY_MS);
  const onLine = (line: string): void => {
    const [, size, unit = ""] = /^\s*Downloading .*\((\d+(?:\.\d+)?) ([kMG]B)\)/.exec(line) ?? [];
    if (size !== undefined) total = Number(size) * (UNITS[unit] ?? 0);
  };
  // pip writes into the temporary folder first: beside the engine, where the room was looked at.
  const env = { ...parts.env, TMPDIR: temporary };
  const done = await parts
    .run(python, pipDownload(requirement, folder), { ...options(parts), env, onLine })
    .finally(() => {
      clearInterval(looking);
    });
  const wheel = readdirSync(folder).find((name) => name.endsWith(".whl"));
  if (done.status !== 0 || wheel === undefined) throw downloadFailed(`pip cannot fetch ${requirement}`, done);
  return join(folder, wheel);
}

async function downloadArchive(parts: Parts, url: string, python: string, { scratch }: Stage): Promise<string> {
  const file = join(scratch, "archive");
  parts.report.step(`downloading ${url}`);
  const done = await parts.run(python, ["-c", DOWNLOAD, url, file], counting(parts));
  if (done.status !== 0) throw downloadFailed(`${url} cannot be fetched`, done);
  return file;
}

async function unpack(parts: Parts, file: string, python: string, { home, scratch }: Stage): Promise<string> {
  const [libraries, headers] = [join(home, "lib"), join(scratch, "include")];
  for (const path of [libraries, headers]) mkdirSync(path);
  parts.report.step("unpacking libtensorflow");
  const done = await parts.run(python, ["-c", UNPACK, file, libraries, headers], counting(parts));
  if (done.status !== 0) {
    throw siteError("ENGINE_INSTALL_LIBRARY", `${file} cannot be unpacked: ${lastError(done.tail)}.`);
  }
  return headers;
}

/** The CUDA libraries are found relative to where pip put them, so they stay there and `lib` is a link. */
async function installVenv(
  parts: Parts,
  requirement: string,
  python: string,
  { home, scratch }: Stage,
): Promise<string> {
  const venv = join(home, "venv");
  parts.report.step("making a Python environment");
  const made = await parts.run(python, ["-m", "venv", venv], options(parts));
  if (made.status !== 0) {
    throw siteError("ENGINE_INSTALL_PYTHON", `${python} cannot make an environment: ${lastError(made.tail)}.`);
  }
  parts.report.step(`installing ${requirement} there, some gigabytes`);
  const temporary = join(scratch, "tmp");
  mkdirSync(temporary);
  const done = await parts.run(join(venv, "bin", "python"), pipInstall(requirement), {
    ...options(parts),
    env: { ...parts.env, TMPDIR: temporary },
    onLine: (line) => {
      if (/^\s*Downloading |^Installing /.test(line)) parts.report.detail(line.trim().slice(0, 160));
    },
  });
  if (done.status !== 0) throw downloadFailed(`pip cannot install ${requirement}`, done);
  const version = readdirSync(join(venv, "lib")).find((name) => name.startsWith("python")) ?? "";
  const folder = join(venv, "lib", version, "site-packages", "tensorflow");
  symlinkSync(relative(home, folder), join(home, "lib"));
  return join(folder, "include");
}

const options = ({ env, signal }: Parts): RunOptions => ({ env, signal });

/** Options for a script that prints bytes done and in all. */
const counting = (parts: Parts): RunOptions => ({
  ...options(parts),
  onLine: (line) => {
    const [, done, total] = /^(\d+) (\d+)$/.exec(line) ?? [];
    if (Number(total) > 0) parts.report.progress(Number(done), Number(total));
  },
});

function downloadFailed(what: string, { tail }: Finished): Error {
  return siteError("ENGINE_INSTALL_DOWNLOAD", `${what}: ${lastError(tail)}.`);
}

/** Bytes of all files below a folder that others are writing to. */
function bytesBelow(folder: string): number {
  return readdirSync(folder, { recursive: true, encoding: "utf8" }).reduce((sum, name) => {
    const found = statSync(join(folder, name), { throwIfNoEntry: false });
    return sum + (found?.isFile() === true ? found.size : 0);
  }, 0);
}
