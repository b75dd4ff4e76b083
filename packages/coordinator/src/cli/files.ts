import { existsSync } from "node:fs";
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
    if ((cause as { code?: unknown }).code === "EEXIST") requireAbsent(path);
    throw coordinatorError("OUTPUT_NOT_WRITABLE", `${path} cannot be written: ${(cause as Error).message}.`, { cause });
  }
}
