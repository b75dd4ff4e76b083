import { time } from "@fedace/ace-core/host";
import { coordinatorError } from "../errors.js";
import { listEvaluations, listModels, listRounds, readContext, requireRun } from "../records/index.js";
import { bestModel, fewCases, hasEnded, scoreTable, settledScores } from "../rounds/index.js";
import type { ModelRow, ModelScores, Run } from "../rounds/index.js";
import type { Sql } from "../store/index.js";

/** Which model of a run: the average of a round (0 is the initial model), the best scored, or the newest. */
export type ModelChoice = number | "best" | "latest";

/** The models of a run with their scores. */
export interface RunModels {
  readonly run: Run;
  readonly models: readonly (ModelRow & { readonly scores: ModelScores | undefined })[];
  /** Round of the best model; undefined while none was scored for every class. */
  readonly best: number | undefined;
}

/** @throws RUN_NOT_FOUND */
export async function runModels(sql: Sql, id: string): Promise<RunModels> {
  const run = await requireRun(sql, id);
  const { roster } = await readContext(sql, run);
  const table = scoreTable(run.plan.classes, await listEvaluations(sql, id), fewCases(run.plan, roster));
  const models = (await listModels(sql, id)).map((model) => ({
    ...model,
    scores: table.find((scores) => scores.model === model.round),
  }));
  const settled = settledScores(table, await listRounds(sql, id), hasEnded(run.state));
  return { run, models, best: bestModel(settled, run.plan.best)?.model };
}

/** @throws MODEL_PRUNED */
export function requireUnpruned(run: string, { round, prunedAt }: ModelRow): void {
  if (prunedAt === null) return;
  throw coordinatorError("MODEL_PRUNED", `The model of round ${round} of ${run} was pruned on ${time(prunedAt)}.`);
}

/** @throws MODEL_NOT_FOUND, MODEL_NOT_ASSESSED, MODEL_UNTRAINED, MODEL_PRUNED */
export function selectModel({ run, models, best }: RunModels, choice: ModelChoice): RunModels["models"][number] {
  if (choice === "best" && best === undefined) {
    throw coordinatorError(
      "MODEL_NOT_ASSESSED",
      `No model of the run ${run.id} was scored in all that decides: ${(run.plan.best ?? ["dice"]).join(", ")}.`,
    );
  }
  const round = choice === "best" ? best : choice === "latest" ? models.at(-1)?.round : choice;
  // The initial weights are a model only for whoever asks for them by their number.
  if (round === 0 && choice !== 0) {
    throw coordinatorError("MODEL_UNTRAINED", `The run ${run.id} has not finished a round yet.`);
  }
  const model = models.find((one) => one.round === round);
  if (model !== undefined) {
    requireUnpruned(run.id, model);
    return model;
  }
  const last = models.at(-1)?.round ?? 0;
  throw coordinatorError("MODEL_NOT_FOUND", `The run ${run.id} has models of rounds 0 to ${last}, none of ${choice}.`);
}
