import { isFedaceError } from "@fedace/ace-core/foundation";
import type { Manifest, PublicKey } from "@fedace/ace-core/protocol";
import type { Sql, SqlRow } from "../store/index.js";
import { integer, integerOrNull, text, textOrNull } from "./row.js";
import { KEY, MANIFEST } from "./shapes.js";
import { decode, encode } from "./stored.js";
import type { Shape } from "./stored.js";

/** A site as the coordinator knows it. Times are Unix milliseconds. */
export interface Site {
  readonly name: string;
  readonly invitedAt: number;
  readonly joinedAt: number | null;
  /** When it was revoked, or left. */
  readonly revokedAt: number | null;
  /** When it left of its own accord. */
  readonly leftAt: number | null;
  readonly key: PublicKey | null;
  /** What the site said of itself when it last connected. */
  readonly manifest: Manifest | null;
  /** Since when it is connected; null while it is not. */
  readonly connectedAt: number | null;
  readonly seenAt: number | null;
  /** When it was last seen that two clients connect as this site; null while that was never seen. */
  readonly rivalsAt: number | null;
  /** It has joined, but its key cannot be read any more: it has to be invited again. */
  readonly damaged: boolean;
}

function parse(row: SqlRow): Site {
  const joined = row["joined_at"] !== null;
  const key = textOrNull(row, "public_key");
  const manifest = textOrNull(row, "manifest");
  return {
    name: text(row, "name"),
    invitedAt: integer(row, "invited_at"),
    joinedAt: integerOrNull(row, "joined_at"),
    revokedAt: integerOrNull(row, "revoked_at"),
    leftAt: integerOrNull(row, "left_at"),
    key: readable(KEY, key),
    manifest: readable(MANIFEST, manifest),
    damaged: joined && readable(KEY, key) === null,
    connectedAt: integerOrNull(row, "connected_at"),
    seenAt: integerOrNull(row, "seen_at"),
    rivalsAt: integerOrNull(row, "rivals_at"),
  };
}

/**
 * One damaged row must not stop the runs of all others. A site whose manifest cannot be read is one that has not said
 * what it has, which it does whenever it connects; one whose key cannot be read has to be invited again.
 */
function readable<T>(shape: Shape<T>, stored: string | null): T | null {
  if (stored === null) return null;
  try {
    return decode(shape, stored);
  } catch (error) {
    if (isFedaceError(error, "DATA_FOLDER_DAMAGED")) return null;
    throw error;
  }
}

export async function findSite(sql: Sql, name: string): Promise<Site | undefined> {
  const row = await sql.get(`SELECT * FROM sites WHERE name = ?`, name);
  return row === undefined ? undefined : parse(row);
}

/** All sites in the order of their names. */
export async function listSites(sql: Sql): Promise<Site[]> {
  return (await sql.all(`SELECT * FROM sites ORDER BY name`)).map(parse);
}

/** Sites that have joined and were not revoked since, in the order of their names. */
export async function joinedSites(sql: Sql): Promise<Site[]> {
  const rows = await sql.all(`SELECT * FROM sites WHERE joined_at IS NOT NULL AND revoked_at IS NULL ORDER BY name`);
  return rows.map(parse);
}

/** Notes that a site was invited; what is known of it stays until it joins. */
export async function noteInvited(sql: Sql, name: string, now: number): Promise<void> {
  const upsert = `INSERT INTO sites (name, invited_at) VALUES (?, ?) ON CONFLICT (name) DO UPDATE SET invited_at = excluded.invited_at`;
  await sql.run(upsert, name, now);
}

/** Registers the key of a site that has joined, in place of any older one. */
export async function registerKey(sql: Sql, name: string, key: PublicKey, now: number): Promise<void> {
  const update = `UPDATE sites SET joined_at = ?, revoked_at = NULL, left_at = NULL, rivals_at = NULL, public_key = ?, manifest = NULL WHERE name = ?`;
  await sql.run(update, now, encode(KEY, key), name);
}

/**
 * Refuses a site's key from now on: because the operator says so, or because the site has left. Returns false where there
 * is no such site, or it is revoked already.
 */
export async function revokeSite(sql: Sql, name: string, now: number, why: "revoked" | "left"): Promise<boolean> {
  await sql.run(`DELETE FROM invitations WHERE site = ? AND used_at IS NULL`, name);
  const update = `UPDATE sites SET revoked_at = ?, left_at = ? WHERE name = ? AND revoked_at IS NULL`;
  return (await sql.run(update, now, why === "left" ? now : null, name)) > 0;
}

export async function noteManifest(sql: Sql, name: string, manifest: Manifest, now: number): Promise<void> {
  await sql.run(`UPDATE sites SET manifest = ?, seen_at = ? WHERE name = ?`, encode(MANIFEST, manifest), now, name);
}

/** `since` null: not connected. */
export async function noteConnection(sql: Sql, name: string, since: number | null, now: number): Promise<void> {
  await sql.run(`UPDATE sites SET connected_at = ?, seen_at = ? WHERE name = ?`, since, now, name);
}

/**
 * Two clients push each other out again and again; once is a network that failed on one side only. Milliseconds between
 * two times, of which the second tells.
 */
export const RIVALS_WINDOW_MS = 3_600_000;

/**
 * Notes that a client of this site has pushed out another that was there.
 *
 * @returns whether two clients connect as this site
 */
export async function noteTakeover(sql: Sql, name: string, now: number): Promise<boolean> {
  const row = await sql.get(`SELECT takeover_at FROM sites WHERE name = ?`, name);
  const before = row === undefined ? null : integerOrNull(row, "takeover_at");
  const rivals = before !== null && now - before < RIVALS_WINDOW_MS;
  await sql.run(`UPDATE sites SET takeover_at = ? WHERE name = ?`, now, name);
  if (rivals) await sql.run(`UPDATE sites SET rivals_at = ? WHERE name = ?`, now, name);
  return rivals;
}

/** At start nobody is connected, whatever an earlier process left behind. */
export async function forgetConnections(sql: Sql): Promise<void> {
  await sql.run(`UPDATE sites SET connected_at = NULL`);
}
