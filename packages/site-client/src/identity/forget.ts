import { existsSync, readdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import { writeDurably } from "@fedace/ace-core/host";
import type { DataPaths } from "./files.js";
import { loadSiteKey, PUBLIC_ENDING } from "./key.js";
import { pendingFile } from "./pending.js";

/**
 * Takes out of a data folder what makes it a site: private keys, settings, what was under way. The ledger stays, and of
 * the keys the public halves, with which it is verified. To be done again where it was interrupted.
 *
 * @throws DATA_FOLDER_DAMAGED
 */
export async function forgetSite(paths: DataPaths): Promise<void> {
  const names = existsSync(paths.keys) ? readdirSync(paths.keys) : [];
  for (const name of names.filter((one) => one.endsWith(".json") && !one.endsWith(PUBLIC_ENDING))) {
    const { thumbprint, publicKey } = await loadSiteKey(paths, name.replace(/\.json$/, ""));
    await writeDurably(join(paths.keys, `${thumbprint}${PUBLIC_ENDING}`), `${JSON.stringify(publicKey)}\n`);
    rmSync(join(paths.keys, name));
  }
  for (const path of [pendingFile(paths), paths.work, paths.runs, paths.alone])
    rmSync(path, { recursive: true, force: true });
  // Last: while it is there, the command can be given again.
  rmSync(paths.registration, { force: true });
}
