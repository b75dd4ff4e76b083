import { existsSync, readFileSync } from "node:fs";
import { parseDocument } from "yaml";
import { coordinatorError } from "../errors.js";

/** Largest plan that is read, bytes; a long one has a few thousand. */
const MAX_PLAN_BYTES = 1024 * 1024;

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

/**
 * Reads a YAML file of plain data. Aliases are limited by the parser, keys must be unique.
 *
 * @throws INPUT_UNREADABLE, PLAN_NOT_YAML
 */
export function readYaml(path: string): unknown {
  const content = readInput(path);
  if (content.length > MAX_PLAN_BYTES) {
    throw coordinatorError("PLAN_NOT_YAML", `${path} has ${content.length} characters; a plan has a few thousand.`);
  }
  const document = parseDocument(content, { uniqueKeys: true, prettyErrors: true });
  const [error] = document.errors;
  if (error !== undefined)
    throw coordinatorError("PLAN_NOT_YAML", `${path}: ${printable(error.message.trim())}`, { cause: error });
  try {
    return document.toJS({ maxAliasCount: 100 }) as unknown;
  } catch (cause) {
    throw coordinatorError("PLAN_NOT_YAML", `${path}: ${(cause as Error).message}`, { cause });
  }
}

/** A quotation from a file that may be anything: what a terminal would act on is shown as \ufffd. */
function printable(text: string): string {
  return text.replaceAll(/[^\P{C}\n]/gu, "\ufffd");
}
