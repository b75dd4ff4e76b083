import type { RoundRow } from "../rounds/index.js";
import type { Sql } from "../store/index.js";
import { integer, integerOrNull } from "./row.js";

export async function openRoundRow(sql: Sql, run: string, round: number, now: number): Promise<void> {
  const insert = `INSERT INTO rounds (run, round, started_at, bytes_up, bytes_down) VALUES (?, ?, ?, 0, 0) ON CONFLICT DO NOTHING`;
  await sql.run(insert, run, round, now);
}

export async function closeRoundRow(
  sql: Sql,
  run: string,
  { round, bytesUp, bytesDown }: { readonly round: number; readonly bytesUp: number; readonly bytesDown: number },
  now: number,
): Promise<void> {
  const update = `UPDATE rounds SET closed_at = ?, bytes_up = ?, bytes_down = ? WHERE run = ? AND round = ?`;
  await sql.run(update, now, bytesUp, bytesDown, run, round);
}

export async function reopenRoundRow(sql: Sql, run: string, round: number): Promise<void> {
  await sql.run(`UPDATE rounds SET closed_at = NULL WHERE run = ? AND round = ?`, run, round);
}

export async function listRounds(sql: Sql, run: string): Promise<RoundRow[]> {
  const rows = await sql.all(`SELECT * FROM rounds WHERE run = ? ORDER BY round`, run);
  return rows.map((row) => ({
    round: integer(row, "round"),
    startedAt: integer(row, "started_at"),
    closedAt: integerOrNull(row, "closed_at"),
    bytesUp: integer(row, "bytes_up"),
    bytesDown: integer(row, "bytes_down"),
  }));
}
