import { isFedaceError } from "@fedace/ace-core/foundation";
import type { Clock, Logger } from "@fedace/ace-core/foundation";
import { duration } from "@fedace/ace-core/host";
import type { CoordinatorMessage, Manifest } from "@fedace/ace-core/protocol";
import { siteError } from "../errors.js";
import type { VerifiedAssignment } from "../identity/index.js";
import type { Outbound } from "../outbound/index.js";
import { forgetRun } from "../runs/index.js";
import type { Trainer } from "../training/index.js";
import { casesIn, withCases, withFound } from "./announcement.js";
import { besideOf, downloadModels } from "./download.js";
import { step } from "./machine.js";
import { casesOf, narrate, scores, title } from "./narrate.js";
import { advice, reticent } from "./reticent.js";
import { INITIAL_STATE } from "./state.js";
import type { Delivery, SessionEffect, SessionEvent, SessionState } from "./state.js";
import { Reports } from "./reports.js";
import { refuseAssignment } from "./unreadable.js";
import type { WorkFolder } from "./work-folder.js";

const LOST_UPDATE =
  "this site's update that counted last is not on the disk any more, so its drift correction stays what it was";

export interface SessionParts {
  readonly clock: Clock;
  readonly logger: Logger;
  readonly outbound: Omit<Outbound, "leave">;
  readonly trainer: Pick<Trainer, "open" | "work">;
  readonly folder: WorkFolder;
  /** Folder in which is kept what lasts from round to round. */
  readonly runs: string;
  readonly manifest: Manifest;
  /** Checks an assignment as it came. */
  readonly verify: (jws: string) => Promise<VerifiedAssignment>;
  /** Unix milliseconds of the coordinator, from its answer to the manifest. */
  readonly onWelcome: (time: number) => void;
}

/** What of the coordinator's messages the session is about. */
type Heard = {
  [N in "assignment" | "round.closed"]: { readonly name: N; readonly payload: CoordinatorMessage<N> };
}["assignment" | "round.closed"];

const codeOf = (error: unknown): string => (isFedaceError(error) ? error.code : "SITE_INTERNAL");

/** Does what the session machine says, and tells it what came of it. */
export class Session {
  readonly #parts: SessionParts;
  #state: SessionState = INITIAL_STATE;
  /** What runs for the assignment in hand. */
  readonly #running = new Map<string, AbortController>();
  /** What came before has been taken. */
  #heard: Promise<void> = Promise.resolve();
  readonly #reports: Reports;
  #manifest: Manifest;
  /** The manifest that the coordinator has answered. */
  #told: Manifest | undefined;
  #toldPrecision: string | undefined;
  #stopped = false;

  constructor(parts: SessionParts) {
    this.#parts = parts;
    this.#manifest = parts.manifest;
    this.#reports = new Reports(parts, () => this.#state.link === "up");
  }

  get state(): SessionState {
    return this.#state;
  }

  /** Looks for an update that an earlier process finished. */
  async restore(): Promise<void> {
    const found = await this.#parts.folder.restore(this.#parts.verify);
    if (found === undefined) return;
    this.#allow(found.assignment);
    this.send({ type: "restored", ...found });
  }

  /**
   * A message of the coordinator. They are taken in the order in which they came, although checking an assignment takes
   * its time; a wrong one is logged and otherwise ignored.
   */
  hear(message: Heard): Promise<void> {
    this.#heard = this.#heard.then(async () => {
      if (message.name === "assignment") await this.#assign(message.payload.jws);
      else this.#close(message.payload);
    });
    return this.#heard;
  }

  #close(payload: CoordinatorMessage<"round.closed">): void {
    this.send({ type: "closed", ...payload });
    if (payload.reason === "aborted" || payload.reason === "failed") forgetRun(this.#parts.runs, payload.run);
  }

  async #assign(jws: string): Promise<void> {
    try {
      const assignment = await this.#parts.verify(jws);
      this.#allow(assignment);
      this.send({ type: "assigned", assignment });
    } catch (error) {
      await refuseAssignment(this.#parts, error);
    }
  }

  send(event: SessionEvent): void {
    if (this.#stopped) return;
    const { state, effects } = step(this.#state, event, this.#parts.clock.now());
    this.#state = state;
    for (const effect of effects) this.#do(effect);
  }

  stop(): void {
    this.#stopped = true;
    this.#abort("all");
  }

  #allow({ run, plan }: VerifiedAssignment): void {
    this.#parts.outbound.allow([run, ...plan.classes]);
  }

  /** Gives up what runs, or of it only the transfers. */
  #abort(which: "all" | "transfers"): void {
    for (const [key, controller] of this.#running) {
      if (which === "transfers" && key.startsWith("work")) continue;
      this.#running.delete(key);
      controller.abort(siteError("CONNECTION_LOST", "This work was given up."));
    }
  }

  #do(effect: SessionEffect): void {
    switch (effect.type) {
      case "greet":
        void this.#greet();
        return;
      case "download":
        this.#run(effect, "transfer-failed", async (signal) => {
          await this.#download(effect.assignment, signal);
          return { type: "downloaded", attempt: effect.attempt };
        });
        return;
      case "work":
        this.#run(effect, "work-failed", async (signal) => ({
          type: "worked",
          attempt: effect.attempt,
          delivery: await this.#work(effect.assignment, signal),
        }));
        return;
      case "deliver":
        this.#run(effect, "transfer-failed", async (signal) => {
          await this.#deliver(effect.assignment, effect.delivery, signal);
          return { type: "delivered", attempt: effect.attempt };
        });
        return;
      case "halt":
        this.#abort("transfers");
        return;
      case "discard":
        this.#abort("all");
        this.#parts.folder.discard(effect.assignment);
        return;
      case "later":
        this.#parts.clock.after(effect.afterMs, () => {
          this.send(effect.event);
        });
        return;
      case "say":
        this.#parts.logger[effect.level](narrate(effect.what), "code" in effect.what ? { code: effect.what.code } : {});
    }
  }

  /** Runs one attempt and sends what became of it; of an attempt that was given up, nothing. */
  #run(
    { type, attempt, assignment }: Extract<SessionEffect, { attempt: number }>,
    failed: "transfer-failed" | "work-failed",
    attemptIt: (signal: AbortSignal) => Promise<SessionEvent>,
  ): void {
    const controller = new AbortController();
    const key = `${type} ${attempt}`;
    this.#running.set(key, controller);
    this.#reports.begin();
    attemptIt(controller.signal)
      .catch((error: unknown): SessionEvent => {
        const code = codeOf(error);
        if (!controller.signal.aborted && failed === "work-failed") {
          const message = error instanceof Error ? error.message : String(error);
          this.#parts.logger.error(`${title(assignment)}: ${reticent(code, message)}`, { code, ...advice(error) });
          this.#parts.logger.debug(message);
        }
        return { type: failed, attempt, code };
      })
      .then((event) => {
        this.#running.delete(key);
        if (!controller.signal.aborted) this.send(event);
      })
      .catch((error: unknown) => {
        this.#parts.logger.error(`a step of the session failed: ${error instanceof Error ? error.message : "?"}`);
      });
  }

  async #greet(): Promise<void> {
    try {
      this.#parts.onWelcome(await this.#introduce());
      this.send({ type: "welcomed" });
    } catch (error) {
      this.send({ type: "greeting-failed", code: codeOf(error) });
    }
  }

  /** Says what this site has. @returns the coordinator's time, Unix milliseconds */
  async #introduce(): Promise<number> {
    const manifest = this.#manifest;
    const { time } = await this.#parts.outbound.manifest(manifest);
    this.#told = manifest;
    return time;
  }

  #download(assignment: VerifiedAssignment, signal: AbortSignal): Promise<void> {
    const { outbound, folder, runs, logger } = this.#parts;
    if (folder.wasBegun(assignment)) logger.warn(`${title(assignment)}: begun before a restart, starting it over`);
    return downloadModels(assignment, {
      outbound,
      folder,
      runs,
      signal,
      onProgress: (done, total) => {
        this.#reports.progress(assignment, { phase: "downloading", done, total, secondsLeft: null });
      },
    });
  }

  async #work(assignment: VerifiedAssignment, signal: AbortSignal): Promise<Delivery> {
    const { trainer, folder, runs, logger } = this.#parts;
    const { kind, round, run, plan } = assignment;
    const { model, update } = folder.files(assignment);
    logger.info(`${title(assignment)}: ${kind === "train" ? `training ${plan.training.steps} steps` : "scoring"}`);
    await this.#tellPrecision(assignment);
    const outcome = await trainer.work(
      { kind, round, plan, model, update, run, runs, beside: besideOf(assignment, folder) },
      {
        signal,
        onProgress: (progress) => {
          this.#reports.working(assignment, progress);
        },
        onSkipped: (cases) => {
          logger.warn(`${casesOf(cases.length)} left out; \`fedace-site check\` says why`, { cases });
        },
      },
    );
    this.#manifest = withFound(this.#manifest, plan, outcome.found);
    if (outcome.kind === "evaluate") return { kind: "evaluation", evaluation: outcome.evaluation };
    const { bytes, sha256, numbers, says, lost } = outcome;
    if (lost) logger.warn(`${title(assignment)}: ${LOST_UPDATE}`);
    const finished = { run, round, path: update, bytes, sha256, numbers, says };
    await folder.finish(assignment, finished);
    const received = numbers.evaluation === null ? "" : `; received model: ${scores(numbers.evaluation)}`;
    logger.info(
      `${title(assignment)}: trained ${numbers.steps} steps in ${duration(1000 * numbers.seconds)}, loss ${numbers.loss.toFixed(3)}${received}`,
    );
    return { kind: "update", update: finished };
  }

  /** Says once per run that a plan's wish for mixed precision cannot be met here. */
  async #tellPrecision({ run, plan }: VerifiedAssignment): Promise<void> {
    if (plan.training.precision !== "mixed" || this.#toldPrecision === run) return;
    this.#toldPrecision = run;
    const { mixedPrecision, engine } = await this.#parts.trainer.open();
    if (mixedPrecision) return;
    this.#parts.logger.info(`the plan allows mixed precision; ${engine} has none and trains in float32`);
  }

  async #deliver(assignment: VerifiedAssignment, delivery: Delivery, signal: AbortSignal): Promise<void> {
    const { outbound } = this.#parts;
    const { run, round, plan } = assignment;
    if (delivery.kind === "decline") return outbound.decline({ run, round, code: delivery.code });
    this.#manifest = withCases(this.#manifest, plan, casesIn(delivery));
    if (this.#told !== this.#manifest) await this.#introduce();
    if (delivery.kind === "evaluation") {
      await outbound.evaluation({ run, round, evaluation: delivery.evaluation });
      // The last thing that a run asks of a site.
      forgetRun(this.#parts.runs, run);
      return;
    }
    const { update } = delivery;
    await outbound.update(
      update,
      (done) => {
        this.#reports.progress(assignment, { phase: "uploading", done, total: update.bytes, secondsLeft: null });
      },
      signal,
    );
  }
}
