import type { Evaluation } from "@fedace/ace-core/protocol";
import type { EvaluationRow } from "../rounds/index.js";
import type { Sql } from "../store/index.js";
import { integer, text } from "./row.js";
import { DICE } from "./shapes.js";
import { decode, encode } from "./stored.js";

export async function saveEvaluation(
  sql: Sql,
  run: string,
  round: number,
  site: string,
  { cases, dice }: Evaluation,
): Promise<void> {
  const insert = `INSERT INTO evaluations (run, round, site, cases, dice) VALUES (?, ?, ?, ?, ?) ON CONFLICT DO NOTHING`;
  await sql.run(insert, run, round, site, cases, encode(DICE, dice));
}

export async function listEvaluations(sql: Sql, run: string): Promise<EvaluationRow[]> {
  const rows = await sql.all(`SELECT * FROM evaluations WHERE run = ? ORDER BY round, site`, run);
  return rows.map((row) => ({
    round: integer(row, "round"),
    site: text(row, "site"),
    cases: integer(row, "cases"),
    dice: decode(DICE, text(row, "dice")),
  }));
}
