import type { Evaluation } from "@fedace/ace-core/protocol";
import type { EvaluationRow } from "../rounds/index.js";
import type { Sql, SqlRow } from "../store/index.js";
import { integer, textOrNull, text } from "./row.js";
import { DICE, SCORED_METRICS, SPREAD, WITHHELD } from "./shapes.js";
import { decode, encode } from "./stored.js";
import type { Shape } from "./stored.js";

export async function saveEvaluation(
  sql: Sql,
  run: string,
  round: number,
  site: string,
  { cases, dice, metrics, spread, withheld }: Evaluation,
): Promise<void> {
  const insert = `INSERT INTO evaluations (run, round, site, cases, dice, metrics, spread, withheld)
    VALUES (?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING`;
  const orNull = <T>(shape: Shape<T>, value: T | undefined): string | null =>
    value === undefined ? null : encode(shape, value);
  await sql.run(
    insert,
    run,
    round,
    site,
    cases,
    encode(DICE, dice),
    orNull(SCORED_METRICS, metrics),
    orNull(SPREAD, spread),
    orNull(WITHHELD, withheld),
  );
}

export async function listEvaluations(sql: Sql, run: string): Promise<EvaluationRow[]> {
  const rows = await sql.all(`SELECT * FROM evaluations WHERE run = ? ORDER BY round, site`, run);
  return rows.map((row) => ({
    round: integer(row, "round"),
    site: text(row, "site"),
    cases: integer(row, "cases"),
    dice: decode(DICE, text(row, "dice")),
    ...said(row, "metrics", SCORED_METRICS),
    ...said(row, "spread", SPREAD),
    ...said(row, "withheld", WITHHELD),
  }));
}

/** A column as a field, where something was said. */
function said<K extends string, T>(row: SqlRow, name: K, shape: Shape<T>): Partial<Record<K, T>> {
  const value = textOrNull(row, name);
  return value === null ? {} : ({ [name]: decode(shape, value) } as Record<K, T>);
}
