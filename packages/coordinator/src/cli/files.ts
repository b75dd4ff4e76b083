import { existsSync, readFileSync } from "node:fs";
import type { YamlFaults } from "@fedace/ace-core/host";
import { coordinatorError } from "../errors.js";

/** @throws OUTPUT_EXISTS */
export function requireAbsent(path: string): void {
  if (existsSync(path)) throw coordinatorError("OUTPUT_EXISTS", `${path} is there already.`);
}

/** @throws OUTPUT_EXISTS, OUTPUT_NOT_WRITABLE */
export function writeOutput(path: string, write: (path: string) => void): void {
  try {
    write(path);
  } catch (cause) {
    throw outputError(path, cause);
  }
}

/** The coded error for a failure to write `path`. */
export function outputError(path: string, cause: unknown): Error {
  const code = (cause as { code?: unknown }).code;
  if (code === "EEXIST") return coordinatorError("OUTPUT_EXISTS", `${path} is there already.`);
  if (code === "ENOSPC") return coordinatorError("DISK_FULL", `There is no space left for ${path}.`, { cause });
  return coordinatorError("OUTPUT_NOT_WRITABLE", `${path} cannot be written: ${(cause as Error).message}.`, { cause });
}

/** @throws INPUT_UNREADABLE */
export function readInput(path: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch (cause) {
    throw coordinatorError("INPUT_UNREADABLE", `${path} cannot be read: ${(cause as Error).message}.`, { cause });
  }
}

/** What is wrong with a plan file. */
export const PLAN_FAULTS: YamlFaults = {
  unreadable: (message, cause) => coordinatorError("INPUT_UNREADABLE", message, { cause }),
  malformed: (message, cause) => coordinatorError("PLAN_NOT_YAML", message, { cause }),
};
