import { accessSync, constants, existsSync, mkdirSync, readdirSync } from "node:fs";
import { join, resolve } from "node:path";
import { PRIVATE } from "@fedace/ace-core/host";
import { coordinatorError } from "../errors.js";
import { diskError, isDiskFull } from "./disk.js";

/** Where everything lies in the data folder of a coordinator. */
export interface DataFolder {
  readonly root: string;
  readonly database: string;
  /** Held locked by the process that serves. */
  readonly lock: string;
  /** The signing key, readable by this account only. */
  readonly keys: string;
  /** The coordinator's own TLS certificate and key. */
  readonly tls: string;
  /** Models by SHA-256. */
  readonly objects: string;
  /** Updates as they arrive, until their round is averaged. */
  readonly spool: string;
}

export function dataFolder(root: string): DataFolder {
  const base = resolve(root);
  return {
    root: base,
    database: join(base, "coordinator.db"),
    lock: join(base, "serve.lock"),
    keys: join(base, "keys"),
    tls: join(base, "tls"),
    objects: join(base, "objects"),
    spool: join(base, "spool"),
  };
}

/**
 * Makes the folders of a new coordinator.
 *
 * @throws DATA_FOLDER_INITIALISED, DATA_FOLDER_NOT_EMPTY, DATA_FOLDER_NOT_WRITABLE; nothing has changed then.
 */
export function createDataFolder(folder: DataFolder): void {
  if (existsSync(folder.database)) {
    throw coordinatorError("DATA_FOLDER_INITIALISED", `${folder.root} already holds a coordinator.`);
  }
  try {
    mkdirSync(folder.root, { recursive: true, mode: PRIVATE.folder });
    const found = readdirSync(folder.root);
    if (found.length > 0) {
      const message = `${folder.root} is not empty: it holds ${found.slice(0, 3).join(", ")}${found.length > 3 ? ", …" : ""}.`;
      throw coordinatorError("DATA_FOLDER_NOT_EMPTY", message);
    }
    for (const path of [folder.keys, folder.tls, folder.objects, folder.spool])
      mkdirSync(path, { mode: PRIVATE.folder });
  } catch (error) {
    throw notWritable(folder, error);
  }
}

/** @throws DATA_FOLDER_UNINITIALISED, DATA_FOLDER_NOT_WRITABLE */
export function requireDataFolder(folder: DataFolder): void {
  if (existsSync(folder.database)) return;
  // A folder of another account hides its files: that is not a folder without them.
  if (existsSync(folder.root)) {
    try {
      accessSync(folder.root, constants.R_OK | constants.W_OK | constants.X_OK);
    } catch (error) {
      throw notWritable(folder, error);
    }
  }
  throw coordinatorError(
    "DATA_FOLDER_UNINITIALISED",
    `${folder.root} holds no coordinator: coordinator.db is missing.`,
  );
}

function notWritable(folder: DataFolder, error: unknown): unknown {
  const code = (error as { code?: unknown }).code;
  if (typeof code !== "string" || !/^E[A-Z]+$/.test(code)) return error;
  const reason = (error as Error).message;
  if (isDiskFull(error)) return diskError(error, folder.root);
  return coordinatorError("DATA_FOLDER_NOT_WRITABLE", `${folder.root} cannot be written: ${reason}.`, { cause: error });
}
