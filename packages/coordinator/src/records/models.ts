import { coordinatorError } from "../errors.js";
import type { ModelRef, ModelRow } from "../rounds/index.js";
import type { Sql, SqlRow } from "../store/index.js";
import { integer, text } from "./row.js";

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
