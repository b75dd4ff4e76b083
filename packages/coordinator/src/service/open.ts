import { loadSigningKey } from "../identity/index.js";
import type { SigningKey } from "@fedace/ace-core/host";
import { migrate } from "../records/index.js";
import { dataFolder, fileObjects, openSqlite, requireDataFolder } from "../store/index.js";
import type { Database, DataFolder, Objects } from "../store/index.js";

/** What every command works with: the data folder opened. */
export interface Opened {
  readonly folder: DataFolder;
  readonly database: Database;
  readonly objects: Objects;
  readonly key: SigningKey;
}

/**
 * Opens the data folder of a coordinator, beside a server that may be running on it.
 *
 * @throws DATA_FOLDER_UNINITIALISED, DATA_FOLDER_DAMAGED, DATA_FOLDER_NOT_WRITABLE, DATABASE_NEWER
 */
export async function openCoordinator(data: string): Promise<Opened> {
  const folder = dataFolder(data);
  requireDataFolder(folder);
  const key = await loadSigningKey(folder.keys);
  const database = openSqlite(folder.database);
  try {
    await migrate(database);
  } catch (error) {
    await database.close();
    throw error;
  }
  return { folder, database, objects: fileObjects(folder.objects), key };
}
