import { coordinatorError } from "../errors.js";
import { readSetting } from "../records/index.js";
import type { Sql } from "../store/index.js";

/** Names of the settings in the database. */
export const SETTINGS = {
  /** Address at which sites reach the coordinator. */
  url: "url",
  name: "name",
  /** PEM of the certificate that invitations pin; empty where sites' own trust stores know the certificate. */
  certificate: "certificate",
} as const;

interface Settings {
  readonly url: string;
  readonly name: string;
  readonly certificate: string | undefined;
}

/** @throws DATA_FOLDER_DAMAGED */
export async function readSettings(sql: Sql): Promise<Settings> {
  const [url, name, certificate] = await Promise.all([
    readSetting(sql, SETTINGS.url),
    readSetting(sql, SETTINGS.name),
    readSetting(sql, SETTINGS.certificate),
  ]);
  if (url === undefined || name === undefined) {
    throw coordinatorError("DATA_FOLDER_DAMAGED", "The database lacks the coordinator's address.");
  }
  return { url, name, certificate: certificate === "" ? undefined : certificate };
}
