import type { Sql } from "../store/index.js";

/** One value of the settings table, undefined where it was never written. */
export async function readSetting(sql: Sql, name: string): Promise<string | undefined> {
  const row = await sql.get(`SELECT value FROM settings WHERE name = ?`, name);
  return row === undefined ? undefined : String(row["value"]);
}

export async function writeSetting(sql: Sql, name: string, value: string): Promise<void> {
  const upsert = `INSERT INTO settings (name, value) VALUES (?, ?) ON CONFLICT (name) DO UPDATE SET value = excluded.value`;
  await sql.run(upsert, name, value);
}

/** Name of the setting that holds the notice of the last move. */
const NOTICE = "notice";

/** The compact JWS by which sites learn where the coordinator is from its next start on; undefined before the first move. */
export function readNotice(sql: Sql): Promise<string | undefined> {
  return readSetting(sql, NOTICE);
}

export function writeNotice(sql: Sql, jws: string): Promise<void> {
  return writeSetting(sql, NOTICE, jws);
}
