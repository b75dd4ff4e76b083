import { createHash } from "node:crypto";
import { existsSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { writeDurably } from "@fedace/ace-core/host";
import type { SigningKey } from "@fedace/ace-core/host";
import type { Invitation } from "@fedace/ace-core/protocol";
import { z } from "zod";
import type { DataPaths } from "./files.js";
import { createSiteKey, loadSiteKey } from "./key.js";

const pendingSchema = z.strictObject({ invitation: z.string(), key: z.string() });

/** Where a join that was not answered yet is kept. */
export const pendingFile = (paths: DataPaths): string => join(paths.root, "joining.json");
const fingerprint = (invitation: Invitation): string => createHash("sha256").update(invitation.secret).digest("hex");

/**
 * The key to join with. Where an earlier attempt with the same invitation was never answered, it is that attempt's
 * key: the coordinator may have registered it, and answers the same key again.
 *
 * @throws DATA_FOLDER_DAMAGED
 */
export async function keyToJoinWith(paths: DataPaths, invitation: Invitation): Promise<SigningKey> {
  const file = pendingFile(paths);
  if (existsSync(file)) {
    const pending = pendingSchema.safeParse(JSON.parse(readFileSync(file, "utf8")));
    if (pending.success && pending.data.invitation === fingerprint(invitation)) {
      return loadSiteKey(paths, pending.data.key);
    }
  }
  const key = await createSiteKey(paths);
  await writeDurably(file, JSON.stringify({ invitation: fingerprint(invitation), key: key.thumbprint }));
  return key;
}

/** The join was answered: accepted, or refused, and then its key is of no use. */
export function joinAnswered(paths: DataPaths, key: SigningKey, accepted: boolean): void {
  rmSync(pendingFile(paths), { force: true });
  if (!accepted) rmSync(join(paths.keys, `${key.thumbprint}.json`), { force: true });
}
