import { readFileSync } from "node:fs";
import { coordinatorError } from "../errors.js";

/** @throws DATA_FOLDER_DAMAGED */
export function readKept(path: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch (cause) {
    throw coordinatorError("DATA_FOLDER_DAMAGED", `${path} cannot be read: ${(cause as Error).message}.`, { cause });
  }
}
