import type { LabelMapConfig } from "@fedace/ace-core/labels";
import type { UpdateNumbers } from "@fedace/ace-core/protocol";
import type { Sql, SqlRow } from "../store/index.js";
import { integer, integerOrNull, numberOrNull, text, textOrNull } from "./row.js";
import { LABELS, NUMBERS } from "./shapes.js";
import { decode, encode } from "./stored.js";

/** The upload of one site in one round. */
export interface Upload {
  readonly run: string;
  readonly round: number;
  readonly site: string;
  readonly sha256: string;
  readonly bytes: number;
  readonly numbers: UpdateNumbers;
  /** The site's label map when the update was counted; null before. */
  readonly labels: LabelMapConfig | null;
  /** L2 norm of the update's difference from the model it started from; null before it is counted. */
  readonly norm: number | null;
  readonly countedAt: number | null;
}

/** An upload as it is begun. */
export type NewUpload = Omit<Upload, "countedAt" | "labels" | "norm">;

export async function saveUpload(sql: Sql, upload: NewUpload, now: number): Promise<void> {
  const { run, round, site, sha256, bytes, numbers } = upload;
  const upsert = `INSERT INTO uploads (run, round, site, sha256, bytes, numbers, begun_at) VALUES (?, ?, ?, ?, ?, ?, ?)
    ON CONFLICT (run, round, site) DO UPDATE SET sha256 = excluded.sha256, bytes = excluded.bytes, numbers = excluded.numbers`;
  await sql.run(upsert, run, round, site, sha256, bytes, encode(NUMBERS, numbers), now);
}

export async function findUpload(sql: Sql, run: string, round: number, site: string): Promise<Upload | undefined> {
  const row = await sql.get(`SELECT * FROM uploads WHERE run = ? AND round = ? AND site = ?`, run, round, site);
  return row === undefined ? undefined : parse(row);
}

export async function markCounted(
  sql: Sql,
  { run, round, site }: Pick<Upload, "run" | "round" | "site">,
  labels: LabelMapConfig,
  norm: number,
  now: number,
): Promise<void> {
  const update = `UPDATE uploads SET counted_at = ?, labels = ?, norm = ? WHERE run = ? AND round = ? AND site = ?`;
  await sql.run(update, now, encode(LABELS, labels), norm, run, round, site);
}

/** Forgets the updates of these sites: they are lost. */
export async function uncount(sql: Sql, run: string, round: number, sites: readonly string[]): Promise<void> {
  for (const site of sites)
    await sql.run(`DELETE FROM uploads WHERE run = ? AND round = ? AND site = ?`, run, round, site);
}

/** The updates that were counted, by round and site. */
export async function countedUploads(sql: Sql, run: string): Promise<Upload[]> {
  const select = `SELECT * FROM uploads WHERE run = ? AND counted_at IS NOT NULL ORDER BY round, site`;
  return (await sql.all(select, run)).map(parse);
}

/** The updates that were counted in the latest round that has any, by site. */
export async function latestCounted(sql: Sql, run: string): Promise<Upload[]> {
  const select = `SELECT * FROM uploads WHERE run = ? AND counted_at IS NOT NULL AND round =
    (SELECT MAX(round) FROM uploads WHERE run = ? AND counted_at IS NOT NULL) ORDER BY site`;
  return (await sql.all(select, run, run)).map(parse);
}

/** The last update of a site that was counted in a round before `before`. */
export async function lastCounted(sql: Sql, run: string, site: string, before: number): Promise<Upload | undefined> {
  const select = `SELECT * FROM uploads WHERE run = ? AND site = ? AND round < ? AND counted_at IS NOT NULL
    ORDER BY round DESC LIMIT 1`;
  const row = await sql.get(select, run, site, before);
  return row === undefined ? undefined : parse(row);
}

/** The update of a site that was counted last, in whatever run. */
export async function lastUpload(sql: Sql, site: string): Promise<Upload | undefined> {
  const select = `SELECT * FROM uploads WHERE site = ? AND counted_at IS NOT NULL ORDER BY counted_at DESC LIMIT 1`;
  const row = await sql.get(select, site);
  return row === undefined ? undefined : parse(row);
}

/** Norms of the counted updates of all sites in rounds from `from` (inclusive) to `to` (exclusive). */
export async function countedNorms(sql: Sql, run: string, from: number, to: number): Promise<number[]> {
  const select = `SELECT norm FROM uploads WHERE run = ? AND round >= ? AND round < ? AND counted_at IS NOT NULL`;
  return (await sql.all(select, run, from, to)).flatMap((row) => numberOrNull(row, "norm") ?? []);
}

function parse(row: SqlRow): Upload {
  const labels = textOrNull(row, "labels");
  return {
    run: text(row, "run"),
    round: integer(row, "round"),
    site: text(row, "site"),
    sha256: text(row, "sha256"),
    bytes: integer(row, "bytes"),
    numbers: decode(NUMBERS, text(row, "numbers")),
    labels: labels === null ? null : decode(LABELS, labels),
    norm: numberOrNull(row, "norm"),
    countedAt: integerOrNull(row, "counted_at"),
  };
}
