import type { Sql } from "../store/index.js";

/**
 * Notes that a connection token was used. Kept until the token could not be accepted any more, over restarts too.
 *
 * @param expiresAt Unix milliseconds.
 * @returns false if it was used before.
 */
export async function useToken(sql: Sql, id: string, expiresAt: number, now: number): Promise<boolean> {
  await sql.run(`DELETE FROM used_tokens WHERE expires_at < ?`, now);
  const insert = `INSERT INTO used_tokens (id, expires_at) VALUES (?, ?) ON CONFLICT (id) DO NOTHING`;
  return (await sql.run(insert, id, expiresAt)) > 0;
}
