import { labelSpace, resolveLabelMap } from "@fedace/ace-core/labels";
import type { LabelMapConfig } from "@fedace/ace-core/labels";
import { overview } from "../rounds/index.js";
import type { Overview } from "../rounds/index.js";
import type { Sql } from "../store/index.js";
import { readContext } from "./apply.js";
import { declaredLabels } from "./declared.js";
import { listEvaluations } from "./evaluations.js";
import { listModels } from "./models.js";
import { listProgress } from "./progress.js";
import { listRounds } from "./rounds.js";
import { requireRun } from "./runs.js";
import { latestCounted } from "./uploads.js";

/**
 * Everything that `run show` tells, read now.
 *
 * @throws RUN_NOT_FOUND
 */
export async function readOverview(sql: Sql, id: string, now: number): Promise<Overview> {
  const run = await requireRun(sql, id);
  const context = await readContext(sql, run);
  const counted = await latestCounted(sql, id);
  const facts = {
    run,
    context,
    progress: await listProgress(sql, id),
    rounds: await listRounds(sql, id),
    evaluations: await listEvaluations(sql, id),
    models: await listModels(sql, id),
    declared: await declaredLabels(sql, run, context.roster, counted),
    members: counted.map(({ site, numbers, labels }) => ({
      site,
      cases: numbers.cases,
      voxels: numbers.voxels,
      annotated: labels === null ? [] : annotatedBy(run.plan.classes, labels),
    })),
  };
  return overview(facts, now);
}

function annotatedBy(classes: readonly string[], labels: LabelMapConfig): string[] {
  return resolveLabelMap(labels, labelSpace(classes)).annotated.map((k) => classes[k] ?? "");
}
