import { rmSync } from "node:fs";
import type { Clock } from "@fedace/ace-core/foundation";
import { createCertificate, createSigningKey, fingerprint, loadCertificate } from "../identity/index.js";
import { migrate, record, writeSetting } from "../records/index.js";
import { createDataFolder, dataFolder, openSqlite } from "../store/index.js";
import { coordinatorUrl } from "./address.js";
import { SETTINGS } from "./settings.js";

export interface InitOptions {
  readonly data: string;
  /** Address at which sites reach the coordinator. */
  readonly url: string;
  /** Name shown to sites; default: the URL's host. */
  readonly name?: string;
}

export interface InitResult {
  readonly folder: string;
  readonly url: string;
  readonly name: string;
  /** Thumbprint of the signing key (RFC 7638). */
  readonly key: string;
  /** SHA-256 of the TLS certificate, hex. */
  readonly fingerprint: string;
}

/**
 * Makes a coordinator: signing key, own TLS certificate, database.
 *
 * @throws URL_INVALID, URL_INSECURE, DATA_FOLDER_INITIALISED, DATA_FOLDER_NOT_EMPTY, DATA_FOLDER_NOT_WRITABLE
 */
export async function initCoordinator(options: InitOptions, clock: Clock): Promise<InitResult> {
  const { url, host } = coordinatorUrl(options.url);
  const name = (options.name ?? host).slice(0, 64);
  const folder = dataFolder(options.data);
  createDataFolder(folder);
  try {
    const now = clock.now();
    const key = await createSigningKey(folder.keys);
    await createCertificate(folder.tls, host, now);
    const { certificate } = loadCertificate(folder.tls);
    // The database comes last: with it the folder counts as a coordinator's.
    const database = openSqlite(folder.database);
    await migrate(database);
    await database.transaction(async (sql) => {
      await writeSetting(sql, SETTINGS.url, url);
      await writeSetting(sql, SETTINGS.name, name);
      await writeSetting(sql, SETTINGS.certificate, certificate);
      await record(sql, now, "coordinator.initialised", { name, url, key: key.thumbprint });
    });
    await database.close();
    return { folder: folder.root, url, name, key: key.thumbprint, fingerprint: fingerprint(certificate) };
  } catch (error) {
    for (const path of [folder.keys, folder.tls, folder.objects, folder.spool, folder.database]) {
      rmSync(path, { recursive: true, force: true });
    }
    throw error;
  }
}
