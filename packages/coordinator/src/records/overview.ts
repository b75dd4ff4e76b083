import { overview } from "../rounds/index.js";
import type { Overview } from "../rounds/index.js";
import type { Sql } from "../store/index.js";
import { readContext } from "./apply.js";
import { listEvaluations } from "./evaluations.js";
import { listModels } from "./models.js";
import { listProgress } from "./progress.js";
import { listRounds } from "./rounds.js";
import { requireRun } from "./runs.js";

/**
 * Everything that `run show` tells, read now.
 *
 * @throws RUN_NOT_FOUND
 */
export async function readOverview(sql: Sql, id: string, now: number): Promise<Overview> {
  const run = await requireRun(sql, id);
  const facts = {
    run,
    context: await readContext(sql, run),
    progress: await listProgress(sql, id),
    rounds: await listRounds(sql, id),
    evaluations: await listEvaluations(sql, id),
    models: await listModels(sql, id),
  };
  return overview(facts, now);
}
