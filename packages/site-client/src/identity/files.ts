import {
  closeSync,
  fsyncSync,
  mkdirSync,
  openSync,
  renameSync,
  rmSync,
  writeFileSync,
  accessSync,
  constants,
} from "node:fs";
import { dirname, join } from "node:path";
import { isFedaceError } from "@fedace/ace-core/foundation";
import type { FedaceError } from "@fedace/ace-core/foundation";
import { siteError } from "../errors.js";

/** Where things lie in a site's data folder. */
export interface DataPaths {
  readonly root: string;
  /** Who this site is and which coordinator it joined. */
  readonly registration: string;
  /** One private key per enrolment, named by its thumbprint. */
  readonly keys: string;
  /** Exit receipts, one JSON line each. */
  readonly receipts: string;
  /** Models and updates under way. */
  readonly work: string;
}

export function dataPaths(root: string): DataPaths {
  return {
    root,
    registration: join(root, "site.json"),
    keys: join(root, "keys"),
    receipts: join(root, "receipts.jsonl"),
    work: join(root, "work"),
  };
}

/**
 * Makes the data folder where it is missing, for this account only, and sees that it can be written.
 *
 * @throws DATA_FOLDER_NOT_WRITABLE
 */
export function openDataFolder(root: string): DataPaths {
  const paths = dataPaths(root);
  try {
    mkdirSync(root, { recursive: true, mode: 0o700 });
    requireAccess(root);
    mkdirSync(paths.keys, { recursive: true, mode: 0o700 });
    mkdirSync(paths.work, { recursive: true, mode: 0o700 });
  } catch (cause) {
    throw isFedaceError(cause) ? cause : unusable(root, cause);
  }
  return paths;
}

/**
 * Sees that this account may read and write in the data folder.
 *
 * @throws DATA_FOLDER_NOT_WRITABLE
 */
export function requireAccess(root: string): void {
  try {
    accessSync(root, constants.R_OK | constants.W_OK | constants.X_OK);
  } catch (cause) {
    throw unusable(root, cause);
  }
}

function unusable(root: string, cause: unknown): FedaceError {
  const message = `The data folder ${root} cannot be used: ${(cause as Error).message}.`;
  return siteError("DATA_FOLDER_NOT_WRITABLE", message, { cause });
}

/**
 * Writes a whole file or nothing: under another name first, forced to the disk, then renamed.
 *
 * @param mode permissions, default 0600: only this account may read it
 */
export function writeFileAtomically(path: string, contents: string | Uint8Array, mode = 0o600): void {
  const temporary = `${path}.new`;
  const file = openSync(temporary, "w", mode);
  try {
    writeFileSync(file, contents);
    fsyncSync(file);
  } catch (error) {
    closeSync(file);
    rmSync(temporary, { force: true });
    throw error;
  }
  closeSync(file);
  renameSync(temporary, path);
  syncFolder(dirname(path));
}

/** Forces a rename in the folder to the disk, where the system can do that. */
function syncFolder(path: string): void {
  try {
    const folder = openSync(path, "r");
    try {
      fsyncSync(folder);
    } finally {
      closeSync(folder);
    }
  } catch {
    // Windows opens no folders; its renames are journalled.
  }
}
