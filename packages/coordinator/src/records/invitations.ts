import type { Sql } from "../store/index.js";
import { integer, integerOrNull, text, textOrNull } from "./row.js";

/** An invitation as it is kept: the secret itself is known to its file alone. */
interface StoredInvitation {
  readonly site: string;
  readonly expiresAt: number;
  readonly usedAt: number | null;
  /** Thumbprint of the key that used it. */
  readonly usedKey: string | null;
}

/** Keeps a new invitation; an older one of the same site that nobody has used is void from now on. */
export async function addInvitation(
  sql: Sql,
  invitation: { readonly secretSha256: string; readonly site: string; readonly expiresAt: number },
  now: number,
): Promise<void> {
  const { secretSha256, site, expiresAt } = invitation;
  await sql.run(`DELETE FROM invitations WHERE site = ? AND used_at IS NULL`, site);
  const insert = `INSERT INTO invitations (secret_sha256, site, created_at, expires_at) VALUES (?, ?, ?, ?)`;
  await sql.run(insert, secretSha256, site, now, expiresAt);
}

export async function findInvitation(sql: Sql, secretSha256: string): Promise<StoredInvitation | undefined> {
  const row = await sql.get(`SELECT * FROM invitations WHERE secret_sha256 = ?`, secretSha256);
  if (row === undefined) return undefined;
  return {
    site: text(row, "site"),
    expiresAt: integer(row, "expires_at"),
    usedAt: integerOrNull(row, "used_at"),
    usedKey: textOrNull(row, "used_key"),
  };
}

export async function useInvitation(sql: Sql, secretSha256: string, keyThumbprint: string, now: number): Promise<void> {
  const update = `UPDATE invitations SET used_at = ?, used_key = ? WHERE secret_sha256 = ?`;
  await sql.run(update, now, keyThumbprint, secretSha256);
}

/** When the open invitation of each site expires, Unix milliseconds. */
export async function openInvitations(sql: Sql): Promise<Map<string, number>> {
  const rows = await sql.all(`SELECT site, expires_at FROM invitations WHERE used_at IS NULL`);
  return new Map(rows.map((row) => [text(row, "site"), integer(row, "expires_at")]));
}
