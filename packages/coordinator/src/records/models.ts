import { coordinatorError } from "../errors.js";
import type { ModelRef, ModelRow, RoundResult } from "../rounds/index.js";
import type { Sql, SqlRow } from "../store/index.js";
import { integer, integerOrNull, text, textOrNull } from "./row.js";
import { STRATEGY_STATE } from "./shapes.js";
import { decode, encode } from "./stored.js";

/**
 * @param result its `average` is the moving average over the rounds up to this one, where there is one
 */
export async function insertModel(
  sql: Sql,
  run: string,
  { round, model, average, state = [] }: { readonly round: number } & RoundResult,
  now: number,
): Promise<void> {
  const insert = `INSERT INTO models (run, round, sha256, bytes, average_sha256, average_bytes, strategy_state, created_at)
    VALUES (?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING`;
  const [averageSha256, averageBytes] = [average?.sha256 ?? null, average?.bytes ?? null];
  const kept = state.length === 0 ? null : encode(STRATEGY_STATE, state);
  await sql.run(insert, run, round, model.sha256, model.bytes, averageSha256, averageBytes, kept, now);
}

/** The model that a round made; undefined while it has made none. */
export async function findModel(sql: Sql, run: string, round: number): Promise<ModelRow | undefined> {
  const row = await sql.get(`SELECT * FROM models WHERE run = ? AND round = ?`, run, round);
  return row === undefined ? undefined : parseModel(row);
}

/** The models of a run, from the initial one on. */
export async function listModels(sql: Sql, run: string): Promise<ModelRow[]> {
  return (await sql.all(`SELECT * FROM models WHERE run = ? ORDER BY round`, run)).map(parseModel);
}

/** @throws DATA_FOLDER_DAMAGED */
export async function initialModel(sql: Sql, run: string): Promise<ModelRef> {
  const model = await findModel(sql, run, 0);
  if (model === undefined) throw coordinatorError("DATA_FOLDER_DAMAGED", `The run ${run} has no initial model.`);
  const { sha256, bytes } = model;
  return { sha256, bytes };
}

function parseModel(row: SqlRow): ModelRow {
  const sha256 = text(row, "sha256");
  const bytes = integer(row, "bytes");
  const average = textOrNull(row, "average_sha256");
  const kept = textOrNull(row, "strategy_state");
  return {
    round: integer(row, "round"),
    sha256,
    bytes,
    published: average === null ? { sha256, bytes } : { sha256: average, bytes: integer(row, "average_bytes") },
    state: kept === null ? [] : decode(STRATEGY_STATE, kept),
    createdAt: integer(row, "created_at"),
    prunedAt: integerOrNull(row, "pruned_at"),
  };
}
