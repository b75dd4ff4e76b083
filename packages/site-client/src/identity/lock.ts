import { join } from "node:path";
import { takeLock } from "@fedace/ace-core/host";
import type { FolderLock, LockParts } from "@fedace/ace-core/host";
import { siteError } from "../errors.js";

/**
 * Locks a data folder for this process, against others on this machine, in other containers and on other machines.
 *
 * @throws DATA_FOLDER_IN_USE, DATA_FOLDER_NOT_WRITABLE
 */
export async function lockDataFolder(root: string, parts: LockParts): Promise<FolderLock> {
  let lock: FolderLock | undefined;
  try {
    lock = await takeLock(join(root, "site.lock"), parts);
  } catch (cause) {
    const message = `The data folder ${root} cannot be locked: ${(cause as Error).message}.`;
    throw siteError("DATA_FOLDER_NOT_WRITABLE", message, { cause });
  }
  if (lock !== undefined) return lock;
  throw siteError("DATA_FOLDER_IN_USE", `Another fedace-site process is using the data folder ${root}.`);
}
