import { parsePlan } from "@fedace/ace-core/protocol";
import type { Plan } from "@fedace/ace-core/protocol";
import { coordinatorError } from "../errors.js";
import { integer, integerOrNull, text } from "../store/index.js";
import type { Sql, SqlRow } from "../store/index.js";
import type { ModelRef, RunState } from "./state.js";

/** A run as it is stored. Times are Unix milliseconds. */
export interface Run {
  readonly id: string;
  readonly createdAt: number;
  readonly updatedAt: number;
  readonly plan: Plan;
  readonly state: RunState;
}

/** One round of a run; `closedAt` null while it goes on. */
export interface RoundRow {
  readonly round: number;
  readonly startedAt: number;
  readonly closedAt: number | null;
  readonly bytesUp: number;
  readonly bytesDown: number;
}

export interface ModelRow extends ModelRef {
  /** The round it is the average of; 0 is the initial model. */
  readonly round: number;
  readonly createdAt: number;
}

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

export async function insertModel(sql: Sql, run: string, round: number, model: ModelRef, now: number): Promise<void> {
  const insert = `INSERT INTO models (run, round, sha256, bytes, created_at) VALUES (?, ?, ?, ?, ?) ON CONFLICT DO NOTHING`;
  await sql.run(insert, run, round, model.sha256, model.bytes, now);
}

/** The models of a run, from the initial one on. */
export async function listModels(sql: Sql, run: string): Promise<ModelRow[]> {
  return (await sql.all(`SELECT * FROM models WHERE run = ? ORDER BY round`, run)).map(parseModel);
}

/** @throws DATA_FOLDER_DAMAGED */
export async function initialModel(sql: Sql, run: string): Promise<ModelRef> {
  const row = await sql.get(`SELECT * FROM models WHERE run = ? AND round = 0`, run);
  if (row === undefined) throw coordinatorError("DATA_FOLDER_DAMAGED", `The run ${run} has no initial model.`);
  const { sha256, bytes } = parseModel(row);
  return { sha256, bytes };
}

function parseModel(row: SqlRow): ModelRow {
  return {
    round: integer(row, "round"),
    sha256: text(row, "sha256"),
    bytes: integer(row, "bytes"),
    createdAt: integer(row, "created_at"),
  };
}
