import { readFileSync } from "node:fs";
import { checkOutput, OutputRefused } from "@fedace/ace-core/host";
import type { YamlFaults } from "@fedace/ace-core/host";
import { isFedaceError } from "@fedace/ace-core/foundation";
import { coordinatorError } from "../errors.js";
import type { ModelChoice } from "../models/index.js";
import { isDiskFull } from "../store/index.js";

/** The option of every command that writes a file for people. */
export const FORCE_OPTION = ["--force", "replace what is there, whatever it is"] as const;

/** Results are for whoever the account's umask lets read them. */
export const PUBLIC_FILE = 0o666;

/**
 * A model as people name it.
 *
 * @throws COMMAND_USAGE
 */
export function choiceOf(option: string, text: string): ModelChoice {
  if (text === "best" || text === "latest") return text;
  if (/^\d{1,6}$/.test(text)) return Number(text);
  throw coordinatorError("COMMAND_USAGE", `${option} ${text} is neither a round number nor best or latest.`);
}

/**
 * Looks before the work whether it may be written to `path`.
 *
 * @param rule which files may be replaced; see `checkOutput`
 * @throws OUTPUT_EXISTS, OUTPUT_NOT_WRITABLE
 */
export async function requireOutput(path: string, rule: Parameters<typeof checkOutput>[1]): Promise<void> {
  try {
    await checkOutput(path, rule);
  } catch (cause) {
    throw outputError(path, cause);
  }
}

/** The coded error for a failure to write `path`; an error that has a code of ours is about something else, and stays. */
export function outputError(path: string, cause: unknown): Error {
  if (isFedaceError(cause)) return cause;
  const { message } = cause as Error;
  if (cause instanceof OutputRefused)
    return coordinatorError(cause.forceable ? "OUTPUT_EXISTS" : "OUTPUT_NOT_WRITABLE", `${message}.`);
  if (isDiskFull(cause)) return coordinatorError("DISK_FULL", `There is no space left for ${path}.`, { cause });
  return coordinatorError("OUTPUT_NOT_WRITABLE", `${path} cannot be written: ${message}.`, { cause });
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
