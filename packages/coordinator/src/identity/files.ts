import { readFileSync, writeFileSync } from "node:fs";
import { coordinatorError } from "../errors.js";

/** Only this account may read a private key. */
const PRIVATE_FILE = 0o600;

export function writePrivate(path: string, content: string): void {
  writeFileSync(path, content, { mode: PRIVATE_FILE, flag: "wx", flush: true });
}

/** @throws DATA_FOLDER_DAMAGED */
export function readKept(path: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch (cause) {
    throw coordinatorError("DATA_FOLDER_DAMAGED", `${path} cannot be read: ${(cause as Error).message}.`, { cause });
  }
}
