import { coordinatorError } from "../errors.js";
import { deleteRun, markPruned, record, requireRun, successors, unneededObjects } from "../records/index.js";
import { describe, hasEnded } from "../rounds/index.js";
import type { ModelRow, Run } from "../rounds/index.js";
import type { Database, Objects, Sql } from "../store/index.js";
import { runModels } from "./select.js";
import type { ModelChoice } from "./select.js";

interface Parts {
  readonly database: Database;
  readonly objects: Objects;
}

/** What pruning a run would do. */
export interface Pruning {
  /** Models whose weights go. */
  readonly going: readonly ModelRow[];
  /** Models that stay, by round, and why. */
  readonly kept: readonly { readonly round: number; readonly why: string }[];
}

/** Objects that are removed in one transaction: others wait as long. */
const BATCH = 100;

/**
 * Which models of an ended run go, and which stay: those asked for and those from which another run goes on.
 *
 * @throws RUN_NOT_FOUND, RUN_STATE while the run goes on; MODEL_NOT_FOUND for a round that made none, MODEL_NOT_ASSESSED
 *   where nothing but the best is to stay and there is none
 */
export async function whatToPrune(sql: Sql, id: string, keep: readonly ModelChoice[]): Promise<Pruning> {
  const { run, models, best } = await runModels(sql, id);
  requireEnded(run);
  const latest = models.at(-1)?.round ?? 0;
  const reasons = new Map<number, string[]>();
  const stays = (round: number, why: string): void => void reasons.set(round, [...(reasons.get(round) ?? []), why]);
  for (const choice of keep) {
    const round = choice === "best" ? best : choice === "latest" ? latest : choice;
    if (round === undefined) continue;
    if (!models.some((model) => model.round === round)) {
      const message = `The run ${id} has models of rounds 0 to ${latest}, none of ${round}.`;
      throw coordinatorError("MODEL_NOT_FOUND", message);
    }
    stays(round, typeof choice === "number" ? "asked for" : choice);
  }
  if (reasons.size === 0)
    throw coordinatorError("MODEL_NOT_ASSESSED", `No model of the run ${id} was scored for every class.`);
  for (const [round, runs] of await successors(sql, id)) stays(round, `${runs.join(" and ")} went on from it`);
  const left = models.filter(({ prunedAt }) => prunedAt === null);
  return {
    going: left.filter(({ round }) => !reasons.has(round)),
    kept: left.flatMap(({ round }) => {
      const why = reasons.get(round);
      return why === undefined ? [] : [{ round, why: why.join(", ") }];
    }),
  };
}

/**
 * Takes the weights of a run's models out of the store, but for those to be kept. First it is noted that they are not
 * wanted, then their files go: interrupted in between, it is to be done again, and frees what was left.
 *
 * @returns what was decided, and the bytes that are free
 */
export async function pruneRun(
  parts: Parts,
  id: string,
  keep: readonly ModelChoice[],
  now: number,
): Promise<Pruning & { readonly freed: number }> {
  const decided = await parts.database.transaction(async (sql) => {
    const pruning = await whatToPrune(sql, id, keep);
    const rounds = pruning.going.map(({ round }) => round);
    await markPruned(sql, id, rounds, now);
    const kept = pruning.kept.map(({ round }) => String(round));
    if (rounds.length > 0) await record(sql, now, "models.pruned", { run: id, rounds: rounds.map(String), kept });
    return pruning;
  });
  return { ...decided, freed: await free(parts, id) };
}

/**
 * Removes an ended run with its models and all that is known of it; the audit log tells that it was there. To be done
 * again where it was interrupted.
 *
 * @returns the bytes that are free
 * @throws RUN_NOT_FOUND, RUN_STATE, RUN_NEEDED
 */
export async function removeRun(parts: Parts, id: string, now: number): Promise<number> {
  await parts.database.transaction(async (sql) => {
    const { run, models } = await runModels(sql, id);
    await requireRemovable(sql, run);
    const rounds = models.map(({ round }) => round);
    await markPruned(sql, id, rounds, now);
  });
  const freed = await free(parts, id);
  await parts.database.transaction(async (sql) => {
    const run = await requireRun(sql, id);
    await requireRemovable(sql, run);
    await deleteRun(sql, id);
    await record(sql, now, "run.removed", { run: id, state: describe(run.state) });
  });
  return freed;
}

/** @throws RUN_STATE, RUN_NEEDED */
async function requireRemovable(sql: Sql, run: Run): Promise<void> {
  requireEnded(run);
  const [needing] = [...(await successors(sql, run.id)).values()].flat();
  if (needing === undefined) return;
  throw coordinatorError("RUN_NEEDED", `The run ${needing} goes on from a model of ${run.id}.`);
}

/** @throws RUN_STATE */
function requireEnded({ id, state }: Run): void {
  if (hasEnded(state)) return;
  const message = `The run ${id} is ${describe(state)}; only what has ended can be pruned.`;
  throw coordinatorError("RUN_STATE", message);
}

/** Removes the objects of pruned models that nobody else needs, each in a transaction that sees that nobody does. */
async function free({ database, objects }: Parts, id: string): Promise<number> {
  let freed = 0;
  for (let at = 0; ; at += BATCH) {
    const more = await database.transaction(async (sql) => {
      const unneeded = await unneededObjects(sql, id);
      for (const sha256 of unneeded.slice(at, at + BATCH)) freed += await objects.remove(sha256);
      return at + BATCH < unneeded.length;
    });
    if (!more) return freed;
  }
}
