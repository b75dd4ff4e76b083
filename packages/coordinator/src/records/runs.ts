import { parsePlan } from "@fedace/ace-core/protocol";
import { coordinatorError } from "../errors.js";
import type { Run, RunState } from "../rounds/index.js";
import type { Sql, SqlRow } from "../store/index.js";
import { integer, text } from "./row.js";

export async function insertRun(sql: Sql, run: Run): Promise<void> {
  const insert = `INSERT INTO runs (id, created_at, plan, state, updated_at) VALUES (?, ?, ?, ?, ?)`;
  await sql.run(insert, run.id, run.createdAt, JSON.stringify(run.plan), JSON.stringify(run.state), run.updatedAt);
}

export async function findRun(sql: Sql, id: string): Promise<Run | undefined> {
  const row = await sql.get(`SELECT * FROM runs WHERE id = ?`, id);
  return row === undefined ? undefined : parse(row);
}

/** @throws RUN_NOT_FOUND */
export async function requireRun(sql: Sql, id: string): Promise<Run> {
  const run = await findRun(sql, id);
  if (run === undefined) throw coordinatorError("RUN_NOT_FOUND", `There is no run ${id}.`);
  return run;
}

/** All runs, oldest first. */
export async function listRuns(sql: Sql): Promise<Run[]> {
  return (await sql.all(`SELECT * FROM runs ORDER BY created_at, id`)).map(parse);
}

export async function saveState(sql: Sql, id: string, state: RunState, now: number): Promise<void> {
  await sql.run(`UPDATE runs SET state = ?, updated_at = ? WHERE id = ?`, JSON.stringify(state), now, id);
}

function parse(row: SqlRow): Run {
  return {
    id: text(row, "id"),
    createdAt: integer(row, "created_at"),
    updatedAt: integer(row, "updated_at"),
    plan: parsePlan(JSON.parse(text(row, "plan"))),
    state: JSON.parse(text(row, "state")) as RunState,
  };
}
