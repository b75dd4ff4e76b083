import type { Clock, Logger, Service } from "@fedace/ace-core/foundation";
import { isFedaceError } from "@fedace/ace-core/foundation";
import { tensorSpecs } from "@fedace/ace-core/model/architecture";
import { averageRound } from "../aggregation/index.js";
import type { SigningKey } from "../identity/index.js";
import { applyEvent, listRuns, readContext } from "../records/index.js";
import type { Applied } from "../records/index.js";
import { duties, hasEnded } from "../rounds/index.js";
import type { Aggregating, Run, RunEvent } from "../rounds/index.js";
import type { Spool } from "../spool/index.js";
import type { Database, Objects, Sql } from "../store/index.js";
import type { Links } from "../transport/index.js";
import { networkOf } from "./create.js";
import { Dispatcher } from "./dispatcher.js";

export interface DriverParts {
  readonly clock: Clock;
  readonly logger: Logger;
  readonly database: Database;
  readonly objects: Objects;
  readonly spool: Spool;
  readonly key: SigningKey;
  readonly links: Links;
}

/** Pause before what could not even be noted in the database is tried again, milliseconds. */
const RETRY_MS = 5000;
/** Longest timer, milliseconds; timers of more than 24.8 days fire at once. */
const LONGEST_WAIT_MS = 86_400_000;

/**
 * Makes happen what the states of the runs call for: hands out assignments, averages rounds, wakes up at deadlines.
 * It looks at states only, never at how they came about, so that it does the same after a restart and for what a
 * command has changed.
 */
export class RunDriver implements Service {
  readonly #parts: DriverParts;
  readonly #dispatcher: Dispatcher;
  readonly #averaging = new Map<string, { readonly round: number; readonly controller: AbortController }>();
  readonly #jobs = new Set<Promise<void>>();
  #stopped = false;
  #dirty = false;
  #reconciling: Promise<void> | undefined;
  #cancelTimer: () => void = () => undefined;

  constructor(parts: DriverParts) {
    this.#parts = parts;
    this.#dispatcher = new Dispatcher(parts.key);
  }

  /** Takes up every run where the last process left it. */
  async start(): Promise<void> {
    const { database, spool } = this.#parts;
    const open = new Map<string, number>();
    for (const run of await this.#active()) {
      const { state } = await this.apply(run.id, { type: "restarted" });
      if (state.stage.kind === "collecting" || state.stage.kind === "aggregating") open.set(run.id, state.stage.round);
    }
    await spool.sweep(open);
    await database.changedElsewhere();
    this.kick();
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    this.#cancelTimer();
    for (const { controller } of this.#averaging.values()) controller.abort();
    await this.#reconciling;
    await Promise.all(this.#jobs);
  }

  /**
   * Commits an event, together with what `also` writes, and then acts on the new state.
   *
   * @throws RUN_NOT_FOUND
   */
  async apply(run: string, event: RunEvent, also?: (sql: Sql, applied: Applied) => Promise<void>): Promise<Applied> {
    const { database, clock } = this.#parts;
    const applied = await database.transaction(async (sql) => {
      const result = await applyEvent(sql, run, event, clock.now());
      await also?.(sql, result);
      return result;
    });
    this.kick();
    return applied;
  }

  /** Looks at every active run anew: time has passed, or sites or runs were changed. */
  async look(): Promise<void> {
    for (const run of await this.#active()) await this.apply(run.id, { type: "look" });
    this.kick();
  }

  /** Brings what is going on in line with the states, soon. */
  kick(): void {
    this.#dirty = true;
    if (this.#stopped || this.#reconciling !== undefined) return;
    this.#reconciling = this.#reconcileAll().finally(() => {
      this.#reconciling = undefined;
      if (this.#dirty) this.kick();
    });
  }

  async #active(): Promise<Run[]> {
    return (await listRuns(this.#parts.database)).filter(
      ({ state }) => !hasEnded(state) && state.stage.kind !== "created",
    );
  }

  async #reconcileAll(): Promise<void> {
    try {
      while (this.#dirty && !this.#stopped) {
        this.#dirty = false;
        let wakeAt = Infinity;
        for (const run of await listRuns(this.#parts.database)) {
          if (run.state.stage.kind === "created") continue;
          wakeAt = Math.min(wakeAt, await this.#reconcile(run));
        }
        this.#arm(wakeAt);
      }
    } catch (error) {
      this.#parts.logger.error("the runs could not be looked after", { error });
      this.#arm(this.#parts.clock.now() + RETRY_MS);
    }
  }

  /** Returns when this run has to be looked at again although nothing happens. */
  async #reconcile(run: Run): Promise<number> {
    const { database, links, clock } = this.#parts;
    const context = await readContext(database, run);
    const due = duties(context, run.state);
    await this.#dispatcher.dispatch(run, due, links.ready());
    const job = this.#averaging.get(run.id);
    if (job !== undefined && job.round !== due.aggregate?.round) job.controller.abort();
    if (job === undefined && due.aggregate !== undefined) this.#average(run, due.aggregate);
    return due.wakeAt === undefined || due.wakeAt <= clock.now() ? Infinity : due.wakeAt;
  }

  #arm(wakeAt: number): void {
    this.#cancelTimer();
    if (this.#stopped || wakeAt === Infinity) return;
    const { clock, logger } = this.#parts;
    // One millisecond later than the deadline: a timer may fire a little early.
    const delay = Math.min(LONGEST_WAIT_MS, Math.max(0, wakeAt - clock.now()) + 1);
    this.#cancelTimer = clock.after(delay, () => {
      this.look().catch((error: unknown) => {
        logger.error("the runs could not be looked after", { error });
        this.#arm(clock.now() + RETRY_MS);
      });
    });
  }

  #average(run: Run, stage: Aggregating): void {
    const controller = new AbortController();
    this.#averaging.set(run.id, { round: stage.round, controller });
    const job = this.#averageRound(run, stage, controller.signal)
      .then(
        () => {
          this.#averaging.delete(run.id);
          this.kick();
        },
        (error: unknown) => {
          this.#averaging.delete(run.id);
          this.#parts.logger.error("a round could not be averaged", { run: run.id, round: stage.round, error });
          this.#arm(this.#parts.clock.now() + RETRY_MS);
        },
      )
      .finally(() => this.#jobs.delete(job));
    this.#jobs.add(job);
  }

  async #averageRound(run: Run, stage: Aggregating, signal: AbortSignal): Promise<void> {
    const { objects, spool } = this.#parts;
    const { round, counted } = stage;
    let event: RunEvent;
    try {
      const path = (site: string): string => spool.path({ run: run.id, round, site });
      const specs = tensorSpecs(networkOf(run.plan));
      const model = await averageRound({ plan: run.plan, specs, counted, path, objects, signal });
      event = { type: "aggregated", round, model };
    } catch (error) {
      if (signal.aborted) return;
      const message = error instanceof Error ? error.message : String(error);
      const code = isFedaceError(error) ? error.code : "AGGREGATION_FAILED";
      event = { type: "aggregation-failed", round, problem: { code, message } };
    }
    const { state } = await this.apply(run.id, event);
    if (state.stage.kind !== "aggregating") await spool.removeRound(run.id, round);
  }
}
