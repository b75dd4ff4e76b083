import { exhausted, roster, scoreTable, transition } from "../rounds/index.js";
import type { Problem, Run, RunContext, RunEffect, RunEvent, RunState } from "../rounds/index.js";
import type { Sql } from "../store/index.js";
import { record } from "./audit.js";
import { listEvaluations } from "./evaluations.js";
import { initialModel, insertModel } from "./models.js";
import { closeRoundRow, openRoundRow, reopenRoundRow } from "./rounds.js";
import { requireRun, saveState } from "./runs.js";
import { joinedSites } from "./sites.js";
import { uncount } from "./uploads.js";

export interface Applied {
  readonly run: Run;
  readonly context: RunContext;
  readonly state: RunState;
  readonly refused: Problem | undefined;
}

/** What the machine looks at for this run, read now. */
export async function readContext(sql: Sql, run: Run): Promise<RunContext> {
  const joined = await joinedSites(sql);
  const sites = joined.filter(({ name }) => run.sites === null || run.sites.includes(name));
  const { plan, id } = run;
  const context = { plan, roster: roster(sites, plan), initial: await initialModel(sql, id) };
  if (plan.stop === undefined) return context;
  return { ...context, exhausted: exhausted(plan, scoreTable(plan.classes, await listEvaluations(sql, id))) };
}

/**
 * Takes a run one step further, within a transaction: what it now is, and everything that follows, is durable when
 * the transaction is. Commands and the server use this one way.
 *
 * @throws RUN_NOT_FOUND
 */
export async function applyEvent(sql: Sql, id: string, event: RunEvent, now: number): Promise<Applied> {
  const run = await requireRun(sql, id);
  const context = await readContext(sql, run);
  const { state, effects, refused } = transition(context, run.state, event, now);
  if (JSON.stringify(state) !== JSON.stringify(run.state)) await saveState(sql, id, state, now);
  for (const effect of effects) await write(sql, id, effect, now);
  return { run, context, state, refused };
}

async function write(sql: Sql, run: string, effect: RunEffect, now: number): Promise<void> {
  switch (effect.type) {
    case "audit":
      return record(sql, now, effect.event, { run, ...effect.fields });
    case "round-opened":
      return openRoundRow(sql, run, effect.round, now);
    case "round-reopened":
      await uncount(sql, run, effect.round, effect.sites);
      return reopenRoundRow(sql, run, effect.round);
    case "round-closed":
      return closeRoundRow(sql, run, effect, now);
    case "model":
      return insertModel(sql, run, effect, now);
  }
}
