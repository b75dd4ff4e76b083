import { createHash } from "node:crypto";
import { stat } from "node:fs/promises";
import { listAnatFolders } from "./bids.js";

/**
 * What an archive's image files look like from outside: their names, sizes and times. Another stamp means that an image
 * came, went or was written again since; nothing is read for it.
 *
 * @throws ARCHIVE_NOT_FOUND, ARCHIVE_TOO_MANY_ENTRIES
 */
export async function archiveStamp(dir: string, signal?: AbortSignal): Promise<string> {
  const stamp = createHash("sha256");
  for (const { files, derivatives } of await listAnatFolders(dir, signal)) {
    for (const { path } of [...files, ...derivatives]) {
      // A file that goes in this moment is one that is not there.
      const info = await stat(path).catch(() => undefined);
      stamp.update(JSON.stringify([path, info?.size, info?.mtimeMs, info?.ctimeMs]));
    }
  }
  return stamp.digest("hex");
}
