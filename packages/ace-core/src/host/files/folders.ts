import { mkdir, open } from "node:fs/promises";
import { dirname, resolve } from "node:path";

/** Folders and files that only this account may enter or read: they hold keys, and weights that patients' data went into. */
export const PRIVATE = { folder: 0o700, file: 0o600 } as const;

/**
 * Forces the names in a folder to the disk: after power loss a file that was made or renamed there is there. Windows
 * cannot open folders, and journals its renames.
 */
export async function syncFolder(path: string): Promise<void> {
  if (process.platform === "win32") return;
  const folder = await open(path, "r");
  try {
    await folder.sync();
  } finally {
    await folder.close();
  }
}

/**
 * Makes a folder and those above it that are missing, each durable in the one above. Those that are there stay as they
 * are.
 *
 * @param mode of new folders; default {@link PRIVATE}
 */
export async function makeFolder(path: string, mode: number = PRIVATE.folder): Promise<void> {
  const folder = resolve(path);
  const first = await mkdir(folder, { recursive: true, mode });
  if (first === undefined) return;
  const top = dirname(resolve(first));
  for (let at = folder; at !== top && at !== dirname(at); at = dirname(at)) await syncFolder(dirname(at));
}
