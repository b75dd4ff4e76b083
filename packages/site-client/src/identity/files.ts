import { accessSync, constants, mkdirSync } from "node:fs";
import { join } from "node:path";
import { isFedaceError } from "@fedace/ace-core/foundation";
import type { FedaceError } from "@fedace/ace-core/foundation";
import { PRIVATE } from "@fedace/ace-core/host";
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
  /** What is kept of each run from round to round. */
  readonly runs: string;
  /** Training alone, for comparisons. */
  readonly alone: string;
}

export function dataPaths(root: string): DataPaths {
  return {
    root,
    registration: join(root, "site.json"),
    keys: join(root, "keys"),
    receipts: join(root, "receipts.jsonl"),
    work: join(root, "work"),
    runs: join(root, "runs"),
    alone: join(root, "alone"),
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
    mkdirSync(root, { recursive: true, mode: PRIVATE.folder });
    requireAccess(root);
    mkdirSync(paths.keys, { recursive: true, mode: PRIVATE.folder });
    mkdirSync(paths.work, { recursive: true, mode: PRIVATE.folder });
    mkdirSync(paths.runs, { recursive: true, mode: PRIVATE.folder });
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
