import type { Sql } from "../store/index.js";
import { text } from "./row.js";
import { listModels } from "./models.js";
import { listRuns } from "./runs.js";

/** The runs that go on from a model of this run, by that model's round. */
export async function successors(sql: Sql, run: string): Promise<ReadonlyMap<number, readonly string[]>> {
  const found = new Map<number, string[]>();
  for (const { id, plan } of (await listRuns(sql)).runs) {
    if (plan.init?.run !== run || id === run) continue;
    found.set(plan.init.round, [...(found.get(plan.init.round) ?? []), id]);
  }
  return found;
}

/** Notes that the weights of these models are no longer wanted. */
export async function markPruned(sql: Sql, run: string, rounds: readonly number[], now: number): Promise<void> {
  for (const round of rounds)
    await sql.run(`UPDATE models SET pruned_at = ? WHERE run = ? AND round = ? AND pruned_at IS NULL`, now, run, round);
}

/** Digests of what this run's pruned models were made of and no other model, of whatever run, needs. */
export async function unneededObjects(sql: Sql, run: string): Promise<string[]> {
  const needed = new Set<string>();
  const pruned = new Set<string>();
  for (const row of await sql.all(`SELECT DISTINCT run FROM models`)) {
    const id = text(row, "run");
    for (const { sha256, published, state, prunedAt } of await listModels(sql, id)) {
      const objects = [sha256, published.sha256, ...state.map((vector) => vector.sha256)];
      const list = prunedAt === null ? needed : id === run ? pruned : undefined;
      for (const one of objects) list?.add(one);
    }
  }
  return [...pruned].filter((sha256) => !needed.has(sha256));
}

/** Takes a run out of the database with all that is known of it; the audit log stays. */
export async function deleteRun(sql: Sql, run: string): Promise<void> {
  for (const table of ["progress", "evaluations", "uploads", "models", "rounds"])
    await sql.run(`DELETE FROM ${table} WHERE run = ?`, run);
  await sql.run(`DELETE FROM runs WHERE id = ?`, run);
}
