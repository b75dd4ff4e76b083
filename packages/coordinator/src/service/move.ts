import { noticeSchema } from "@fedace/ace-core/protocol";
import type { Notice } from "@fedace/ace-core/protocol";
import { createCertificate, loadCertificate, trustIn } from "../identity/index.js";
import { record, writeNotice, writeSetting } from "../records/index.js";
import { coordinatorUrl } from "./address.js";
import type { Opened } from "./open.js";
import { SETTINGS } from "./settings.js";
import { tlsSetup } from "./tls.js";
import type { TlsChoice } from "./tls.js";

interface MoveInit {
  /** The new address. */
  readonly url: string;
  /** How `serve` will be reached there. */
  readonly tls: TlsChoice;
  /** Make a new certificate of its own. */
  readonly renew: boolean;
}

/**
 * Gives the coordinator another address or certificate, from its next start on, and signs the notice by which sites follow:
 * a server that runs sends it to every site that is connected or comes.
 *
 * @returns the notice's compact JWS, and what it says
 * @throws URL_INVALID, URL_INSECURE, TLS_FILES_INVALID, DATA_FOLDER_DAMAGED
 */
export async function moveCoordinator(
  { database, folder, key }: Opened,
  init: MoveInit,
  now: number,
): Promise<{ readonly jws: string; readonly notice: Notice }> {
  const address = coordinatorUrl(init.url);
  if (init.renew) await createCertificate(folder.tls, address.host, now);
  else if (init.tls.mode === "own") loadCertificate(folder.tls);
  const { pinned } = tlsSetup(init.tls, folder, address, undefined);
  const notice = noticeSchema.parse({
    format: "fedace-notice",
    version: 1,
    url: address.url,
    tls: trustIn(pinned),
    issued: now,
  } satisfies Notice);
  const jws = await key.sign(notice);
  await database.transaction(async (sql) => {
    await writeSetting(sql, SETTINGS.url, notice.url);
    await writeSetting(sql, SETTINGS.certificate, pinned ?? "");
    await writeNotice(sql, jws);
    const certificate = notice.tls.mode === "pinned" ? { certificate: notice.tls.fingerprint } : {};
    await record(sql, now, "coordinator.moved", { url: notice.url, ...certificate });
  });
  return { jws, notice };
}
