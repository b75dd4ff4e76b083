import type { Clock, Logger, Service } from "@fedace/ace-core/foundation";
import type { SigningKey } from "@fedace/ace-core/host";
import { applyEvent, listRuns, readContext } from "../records/index.js";
import type { Applied } from "../records/index.js";
import { duties, hasEnded } from "../rounds/index.js";
import type { Run, RunEvent } from "../rounds/index.js";
import type { Spool } from "../spool/index.js";
import type { Database, Objects, Sql } from "../store/index.js";
import type { Links } from "../transport/index.js";
import { Averaging } from "./averaging.js";
import { Dispatcher } from "./dispatcher.js";
import { Tidying } from "./tidying.js";

interface DriverParts {
  readonly clock: Clock;
  readonly logger: Logger;
  readonly database: Database;
  readonly objects: Objects;
  readonly spool: Spool;
  readonly key: SigningKey;
  readonly links: Pick<Links, "ready">;
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
  readonly #averaging: Averaging;
  readonly #tidying: Tidying;
  /** When each run was last looked at, Unix milliseconds. */
  readonly #lookedAt = new Map<string, number>();
  /** Runs that cannot be read, of which the log has been told. */
  readonly #reported = new Set<string>();
  #stopped = false;
  #dirty = false;
  #reconciling: Promise<void> | undefined;
  #cancelTimer: () => void = () => undefined;

  constructor(parts: DriverParts) {
    this.#parts = parts;
    this.#dispatcher = new Dispatcher(parts.key, parts.database);
    this.#tidying = new Tidying(parts.spool);
    this.#averaging = new Averaging({
      ...parts,
      apply: (run, event, also) => this.apply(run, event, also),
      ended: (failed) => {
        if (failed) this.#arm(parts.clock.now() + RETRY_MS);
        else this.kick();
      },
    });
  }

  /** Takes up every run where the last process left it. */
  async start(): Promise<void> {
    const { database } = this.#parts;
    const runs = await this.#runs();
    for (const run of runs) {
      await this.#tidying.adopt(run);
      if (isActive(run)) await this.apply(run.id, { type: "restarted" });
    }
    await this.#tidying.sweep(runs.map(({ id }) => id));
    await database.changedElsewhere();
    this.kick();
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    this.#cancelTimer();
    const averaging = this.#averaging.stop();
    await this.#reconciling;
    await averaging;
    await this.#averaging.stop();
  }

  /**
   * Commits an event, together with what `also` writes, and then acts on the new state.
   *
   * @throws RUN_NOT_FOUND
   */
  async apply(run: string, event: RunEvent, also?: (sql: Sql, applied: Applied) => Promise<void>): Promise<Applied> {
    const { database, clock } = this.#parts;
    const applied = await database.transaction(async (sql) => {
      const now = clock.now();
      const result = await applyEvent(sql, run, event, now);
      await also?.(sql, result);
      this.#lookedAt.set(run, now);
      return result;
    });
    this.kick();
    return applied;
  }

  /** Looks at every active run anew: time has passed, or sites or runs were changed. */
  async look(): Promise<void> {
    for (const run of (await this.#runs()).filter(isActive)) await this.apply(run.id, { type: "look" });
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

  /** The runs that can be read and were started; the log is told of the others, once. */
  async #runs(): Promise<Run[]> {
    const { runs, damaged } = await listRuns(this.#parts.database);
    for (const { id, error } of damaged) {
      if (!this.#reported.has(id))
        this.#parts.logger.error("a run cannot be read; the others go on", { run: id, error });
      this.#reported.add(id);
    }
    return runs.filter(({ state }) => state.stage.kind !== "created");
  }

  async #reconcileAll(): Promise<void> {
    try {
      while (this.#dirty && !this.#stopped) {
        this.#dirty = false;
        let wakeAt = Infinity;
        for (const run of await this.#runs()) wakeAt = Math.min(wakeAt, await this.#reconcile(run));
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
    await this.#dispatcher.dispatch(run, context, due, links.ready());
    this.#averaging.follow(run, due.aggregate);
    await this.#tidying.follow(run);
    const wakeAt = due.wakeAt ?? Infinity;
    if (wakeAt > clock.now()) return wakeAt;
    // The moment has passed, maybe before a timer was set: look now, but not for ever at what looking does not change.
    if ((this.#lookedAt.get(run.id) ?? -Infinity) < wakeAt) await this.apply(run.id, { type: "look" });
    return Infinity;
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
}

function isActive({ state }: Run): boolean {
  return !hasEnded(state);
}
