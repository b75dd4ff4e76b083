import { labelMapSchema } from "@fedace/ace-core/labels";
import type { LabelMapConfig } from "@fedace/ace-core/labels";
import { evaluationSchema, SITE_MESSAGES, updateNumbersSchema } from "@fedace/ace-core/protocol";
import type { Evaluation, SiteMessage, UpdateNumbers } from "@fedace/ace-core/protocol";
import { integer, integerOrNull, text, textOrNull } from "../store/index.js";
import type { Sql, SqlRow } from "../store/index.js";

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
  readonly countedAt: number | null;
}

/** An upload as it is begun. */
export type NewUpload = Omit<Upload, "countedAt" | "labels">;

/** A score of the model that was sent out in `round`, which is the average of the round before. */
export interface EvaluationRow extends Evaluation {
  readonly round: number;
  readonly site: string;
}

export type Progress = SiteMessage<"progress">;

export async function saveUpload(sql: Sql, upload: NewUpload, now: number): Promise<void> {
  const { run, round, site, sha256, bytes, numbers } = upload;
  const upsert = `INSERT INTO uploads (run, round, site, sha256, bytes, numbers, begun_at) VALUES (?, ?, ?, ?, ?, ?, ?)
    ON CONFLICT (run, round, site) DO UPDATE SET sha256 = excluded.sha256, bytes = excluded.bytes, numbers = excluded.numbers`;
  await sql.run(upsert, run, round, site, sha256, bytes, JSON.stringify(numbers), now);
}

export async function findUpload(sql: Sql, run: string, round: number, site: string): Promise<Upload | undefined> {
  const row = await sql.get(`SELECT * FROM uploads WHERE run = ? AND round = ? AND site = ?`, run, round, site);
  return row === undefined ? undefined : parse(row);
}

export async function markCounted(
  sql: Sql,
  { run, round, site }: Pick<Upload, "run" | "round" | "site">,
  labels: LabelMapConfig,
  now: number,
): Promise<void> {
  const update = `UPDATE uploads SET counted_at = ?, labels = ? WHERE run = ? AND round = ? AND site = ?`;
  await sql.run(update, now, JSON.stringify(labels), run, round, site);
}

/** The updates that were counted, by round and site. */
export async function countedUploads(sql: Sql, run: string): Promise<Upload[]> {
  const select = `SELECT * FROM uploads WHERE run = ? AND counted_at IS NOT NULL ORDER BY round, site`;
  return (await sql.all(select, run)).map(parse);
}

function parse(row: SqlRow): Upload {
  const labels = textOrNull(row, "labels");
  return {
    run: text(row, "run"),
    round: integer(row, "round"),
    site: text(row, "site"),
    sha256: text(row, "sha256"),
    bytes: integer(row, "bytes"),
    numbers: updateNumbersSchema.parse(JSON.parse(text(row, "numbers"))),
    labels: labels === null ? null : labelMapSchema.parse(JSON.parse(labels)),
    countedAt: integerOrNull(row, "counted_at"),
  };
}

export async function saveEvaluation(
  sql: Sql,
  run: string,
  round: number,
  site: string,
  { cases, dice }: Evaluation,
): Promise<void> {
  const insert = `INSERT INTO evaluations (run, round, site, cases, dice) VALUES (?, ?, ?, ?, ?) ON CONFLICT DO NOTHING`;
  await sql.run(insert, run, round, site, cases, JSON.stringify(dice));
}

export async function listEvaluations(sql: Sql, run: string): Promise<EvaluationRow[]> {
  const rows = await sql.all(`SELECT * FROM evaluations WHERE run = ? ORDER BY round, site`, run);
  return rows.map((row) => ({
    round: integer(row, "round"),
    site: text(row, "site"),
    ...evaluationSchema.parse({ cases: integer(row, "cases"), dice: JSON.parse(text(row, "dice")) as unknown }),
  }));
}

export async function saveProgress(sql: Sql, site: string, progress: Progress, now: number): Promise<void> {
  const upsert = `INSERT INTO progress (run, site, at, progress) VALUES (?, ?, ?, ?)
    ON CONFLICT (run, site) DO UPDATE SET at = excluded.at, progress = excluded.progress`;
  await sql.run(upsert, progress.run, site, now, JSON.stringify(progress));
}

/** What each site last said of where it stands. */
export async function listProgress(sql: Sql, run: string): Promise<Map<string, Progress & { readonly at: number }>> {
  const rows = await sql.all(`SELECT * FROM progress WHERE run = ?`, run);
  return new Map(
    rows.map((row) => {
      const progress = SITE_MESSAGES.progress.parse(JSON.parse(text(row, "progress")));
      return [text(row, "site"), { ...progress, at: integer(row, "at") }];
    }),
  );
}
