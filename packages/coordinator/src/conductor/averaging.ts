import type { Weighed } from "@fedace/ace-core/aggregation";
import type { Logger } from "@fedace/ace-core/foundation";
import { isFedaceError } from "@fedace/ace-core/foundation";
import { networkOf, tensorSpecs } from "@fedace/ace-core/model/architecture";
import { averageRound, smooth } from "../aggregation/index.js";
import { countedUploads, findModel } from "../records/index.js";
import type { Aggregating, ModelRef, Run, RunEvent } from "../rounds/index.js";
import type { Spool } from "../spool/index.js";
import type { Objects, Sql } from "../store/index.js";

interface AveragingParts {
  readonly logger: Logger;
  readonly database: Sql;
  readonly objects: Objects;
  readonly spool: Spool;
  /** Commits what an averaging has come to. */
  readonly apply: (run: string, event: RunEvent, also?: () => Promise<void>) => Promise<unknown>;
  /** Called when a job has ended; `failed` where not even that could be noted. */
  readonly ended: (failed: boolean) => void;
}

/** An object that was written is gone before anything referred to it: the averaging is done again. */
class Vanished extends Error {
  override readonly name = "Vanished";
}

/** Another run's equal object may have been pruned since it was written. */
async function requireAll(objects: Objects, made: readonly ModelRef[]): Promise<void> {
  for (const { sha256 } of made)
    if (!(await objects.has(sha256))) throw new Vanished(`the model ${sha256} was pruned with another run's`);
}

/** The averagings that are going on, one per run. */
export class Averaging {
  readonly #parts: AveragingParts;
  readonly #going = new Map<string, { readonly round: number; readonly controller: AbortController }>();
  readonly #jobs = new Set<Promise<void>>();

  constructor(parts: AveragingParts) {
    this.#parts = parts;
  }

  /** Brings what is going on for this run in line with what is due: begins, or breaks off. */
  follow(run: Run, due: Aggregating | undefined): void {
    const job = this.#going.get(run.id);
    if (job !== undefined && job.round !== due?.round) job.controller.abort();
    if (job === undefined && due !== undefined) this.#begin(run, due);
  }

  async stop(): Promise<void> {
    for (const { controller } of this.#going.values()) controller.abort();
    await Promise.all(this.#jobs);
  }

  #begin(run: Run, stage: Aggregating): void {
    const { logger, ended } = this.#parts;
    const controller = new AbortController();
    this.#going.set(run.id, { round: stage.round, controller });
    const job = this.#average(run, stage, controller.signal)
      .then(
        () => false,
        (error: unknown) => {
          logger.error("a round could not be averaged", { run: run.id, round: stage.round, error });
          return true;
        },
      )
      .then((failed) => {
        this.#going.delete(run.id);
        ended(failed);
      })
      .finally(() => this.#jobs.delete(job));
    this.#jobs.add(job);
  }

  async #average(run: Run, stage: Aggregating, signal: AbortSignal): Promise<void> {
    const { apply, spool, objects } = this.#parts;
    const { round, counted } = stage;
    try {
      const lost = await spool.lost(run.id, round, counted, signal);
      if (lost.length > 0) {
        await apply(run.id, { type: "updates-lost", round, sites: lost });
        return;
      }
      const path = (site: string, sha256: string): string => spool.path({ run: run.id, round, site }, sha256);
      const specs = tensorSpecs(networkOf(run.plan));
      const before = await this.#before(run, stage);
      const { model, state } = await averageRound({
        plan: run.plan,
        specs,
        counted,
        path,
        objects,
        signal,
        absent: before.absent,
        model: stage.model,
        state: before.state,
      });
      const { kind, decay } = run.plan.aggregation.average;
      const average =
        kind === "none" || before.published === undefined
          ? {}
          : { average: await smooth({ average: before.published, model, decay, objects, signal }) };
      const made = [model, ...state, ...("average" in average ? [average.average] : [])];
      await apply(run.id, { type: "aggregated", round, model, state, ...average }, () => requireAll(objects, made));
    } catch (error) {
      if (signal.aborted) return;
      if (error instanceof Vanished) throw error;
      const message = error instanceof Error ? error.message : String(error);
      const code = isFedaceError(error) ? error.code : "AGGREGATION_FAILED";
      await apply(run.id, { type: "aggregation-failed", round, problem: { code, message } });
    }
  }

  /** What the rounds before have left: the last numbers of sites that are not in this round, what was published, the strategy's state. */
  async #before(
    { id }: Run,
    { round, counted }: Aggregating,
  ): Promise<{ absent: readonly Weighed[]; published: ModelRef | undefined; state: readonly ModelRef[] }> {
    const { database } = this.#parts;
    const present = new Set(counted.map(({ site }) => site));
    const absent = new Map<string, Weighed>();
    for (const { site, numbers, round: at } of await countedUploads(database, id)) {
      if (at < round && !present.has(site)) absent.set(site, numbers);
    }
    const made = await findModel(database, id, round - 1);
    // The initial weights are in no average.
    const published = round === 1 ? undefined : made?.published;
    return { absent: [...absent.values()], published, state: made?.state ?? [] };
  }
}
