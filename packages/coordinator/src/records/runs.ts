import { isFedaceError } from "@fedace/ace-core/foundation";
import type { FedaceError } from "@fedace/ace-core/foundation";
import { coordinatorError } from "../errors.js";
import type { Run, RunState } from "../rounds/index.js";
import type { Sql, SqlRow } from "../store/index.js";
import { integer, text, textOrNull } from "./row.js";
import { PLAN, SITES, STATE } from "./shapes.js";
import { decode, encode } from "./stored.js";

export async function insertRun(sql: Sql, run: Run): Promise<void> {
  const insert = `INSERT INTO runs (id, created_at, plan, sites, state, updated_at) VALUES (?, ?, ?, ?, ?, ?)`;
  const sites = run.sites === null ? null : encode(SITES, run.sites);
  await sql.run(insert, run.id, run.createdAt, encode(PLAN, run.plan), sites, encode(STATE, run.state), run.updatedAt);
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

/** A run whose row cannot be read: it harms nobody but itself. */
interface DamagedRun {
  readonly id: string;
  readonly error: FedaceError;
}

/** All runs, oldest first; those that cannot be read apart. */
export async function listRuns(sql: Sql): Promise<{ readonly runs: Run[]; readonly damaged: DamagedRun[] }> {
  const runs: Run[] = [];
  const damaged: DamagedRun[] = [];
  for (const row of await sql.all(`SELECT * FROM runs ORDER BY created_at, id`)) {
    try {
      runs.push(parse(row));
    } catch (error) {
      if (!isFedaceError(error)) throw error;
      damaged.push({ id: text(row, "id"), error });
    }
  }
  return { runs, damaged };
}

export async function saveState(sql: Sql, id: string, state: RunState, now: number): Promise<void> {
  await sql.run(`UPDATE runs SET state = ?, updated_at = ? WHERE id = ?`, encode(STATE, state), now, id);
}

function parse(row: SqlRow): Run {
  const sites = textOrNull(row, "sites");
  return {
    id: text(row, "id"),
    createdAt: integer(row, "created_at"),
    updatedAt: integer(row, "updated_at"),
    plan: decode(PLAN, text(row, "plan")),
    sites: sites === null ? null : decode(SITES, sites),
    state: decode(STATE, text(row, "state")),
  };
}
