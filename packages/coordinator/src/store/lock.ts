import { existsSync } from "node:fs";
import Libsql from "libsql";
import { coordinatorError } from "../errors.js";
import type { DataFolder } from "./folder.js";

/** How long a lock is waited for, milliseconds: {@link isServed} holds it for a moment. */
const LOCK_WAIT_MS = 500;

/**
 * Takes the data folder for this process: an open exclusive transaction on a database of its own. The operating
 * system drops the lock with the process, however it ends, so there is no stale lock to clean up.
 *
 * @returns releases the lock.
 * @throws DATA_FOLDER_IN_USE, DISK_FULL, DATA_FOLDER_NOT_WRITABLE
 */
export function lockDataFolder(folder: DataFolder): () => void {
  try {
    const connection = new Libsql(folder.lock, { timeout: LOCK_WAIT_MS });
    connection.exec("BEGIN EXCLUSIVE");
    return () => {
      if (connection.open) connection.close();
    };
  } catch (cause) {
    const { code } = cause as { code?: unknown };
    if (code === "SQLITE_BUSY") {
      throw coordinatorError("DATA_FOLDER_IN_USE", `Another process serves ${folder.root}.`, { cause });
    }
    if (code === "SQLITE_FULL")
      throw coordinatorError("DISK_FULL", `There is no space left for ${folder.lock}.`, { cause });
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw coordinatorError("DATA_FOLDER_NOT_WRITABLE", `${folder.lock} cannot be locked: ${reason}.`, { cause });
  }
}

/** Whether a process serves the data folder now. */
export function isServed(folder: DataFolder): boolean {
  if (!existsSync(folder.lock)) return false;
  const connection = new Libsql(folder.lock, { timeout: 0 });
  try {
    // Whoever serves keeps readers out as well.
    connection.prepare("SELECT COUNT(*) FROM sqlite_schema").get();
    return false;
  } catch (error) {
    return (error as { code?: unknown }).code === "SQLITE_BUSY";
  } finally {
    connection.close();
  }
}
