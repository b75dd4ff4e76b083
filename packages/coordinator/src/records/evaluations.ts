import type { Evaluation } from "@fedace/ace-core/protocol";
import type { EvaluationRow } from "../rounds/index.js";
import type { Sql } from "../store/index.js";
import { integer, textOrNull, text } from "./row.js";
import { DICE, SCORED_METRICS } from "./shapes.js";
import { decode, encode } from "./stored.js";

export async function saveEvaluation(
  sql: Sql,
  run: string,
  round: number,
  site: string,
  { cases, dice, metrics }: Evaluation,
): Promise<void> {
  const insert = `INSERT INTO evaluations (run, round, site, cases, dice, metrics) VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING`;
  await sql.run(
    insert,
    run,
    round,
    site,
    cases,
    encode(DICE, dice),
    metrics === undefined ? null : encode(SCORED_METRICS, metrics),
  );
}

export async function listEvaluations(sql: Sql, run: string): Promise<EvaluationRow[]> {
  const rows = await sql.all(`SELECT * FROM evaluations WHERE run = ? ORDER BY round, site`, run);
  return rows.map((row) => {
    const metrics = textOrNull(row, "metrics");
    return {
      round: integer(row, "round"),
      site: text(row, "site"),
      cases: integer(row, "cases"),
      dice: decode(DICE, text(row, "dice")),
      ...(metrics === null ? {} : { metrics: decode(SCORED_METRICS, metrics) }),
    };
  });
}
