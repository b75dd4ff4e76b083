import { fork } from "node:child_process";
import type { ChildProcess } from "node:child_process";
import { fileURLToPath } from "node:url";
import { EXIT_CODES, FedaceError } from "@fedace/ace-core/foundation";
import type { Clock, ExitName, Logger } from "@fedace/ace-core/foundation";
import { siteError } from "../errors.js";
import { outcomeSchema, readySchema, replySchema, surveySchema } from "./messages.js";
import type { Ready, Reply, Request, Skipped, Survey, WorkOutcome, WorkProgress } from "./messages.js";

/** How long the training process may take to give up what it does before it is ended, milliseconds: one long step. */
export const ABORT_PATIENCE_MS = 60_000;
/** Of what a dying process says last, this many characters are kept for the debug log. */
const LAST_WORDS = 2000;

type Setup = Omit<Extract<Request, { type: "open" }>, "type" | "id">;
type WorkOrder = Omit<Extract<Request, { type: "work" }>, "type" | "id">;
type Order = Request extends infer R ? (R extends { id: number } ? Omit<R, "id"> : never) : never;

export interface TrainerParts {
  readonly clock: Clock;
  readonly logger: Logger;
  /** Flags of Node for the training process, such as those that make an engine faster. */
  readonly nodeFlags: readonly string[];
}

/** What a request reports while it runs. */
export interface Watching {
  readonly signal: AbortSignal;
  readonly onProgress?: (progress: WorkProgress) => void;
  readonly onSkipped?: (cases: Skipped) => void;
}

interface Pending extends Watching {
  readonly resolve: (value: unknown) => void;
  readonly reject: (error: Error) => void;
}

/**
 * The site's training process, seen from the other side. It is started when it is first needed and again after a
 * crash, and keeps the prepared archive from round to round.
 */
export class Trainer {
  readonly #parts: TrainerParts;
  readonly #setup: Setup;
  readonly #pending = new Map<number, Pending>();
  #child: ChildProcess | undefined;
  #opened: Promise<Ready> | undefined;
  #lastId = 0;
  #lastWords = "";

  constructor(parts: TrainerParts, setup: Setup) {
    this.#parts = parts;
    this.#setup = setup;
  }

  /**
   * Starts the process, if it does not run, and opens the engine.
   *
   * @throws ENGINE_UNAVAILABLE, ENGINE_MEMORY, WORKER_CRASHED
   */
  open(): Promise<Ready> {
    this.#opened ??= this.#request({ type: "open", ...this.#setup }, { signal: new AbortController().signal }).then(
      (value) => readySchema.parse(value),
    );
    return this.#opened;
  }

  /** @throws ARCHIVE_… and LABEL_… codes, WORKER_CRASHED, the signal's reason */
  async survey(inputs: readonly string[] | null, watching: Watching): Promise<Survey> {
    await this.open();
    return surveySchema.parse(
      await this.#request({ type: "survey", inputs: inputs === null ? null : [...inputs] }, watching),
    );
  }

  /** @throws the codes of the archive, the labels, the engine and training, WORKER_CRASHED, the signal's reason */
  async work(order: WorkOrder, watching: Watching): Promise<WorkOutcome> {
    await this.open();
    return outcomeSchema.parse(await this.#request({ type: "work", ...order }, watching));
  }

  /** Ends the process at once, as a shortage of memory would. */
  kill(): void {
    this.#child?.kill("SIGKILL");
  }

  /** Ends the process and waits for it. */
  async stop(): Promise<void> {
    const child = this.#child;
    this.#child = undefined;
    if (child?.exitCode !== null) return;
    await new Promise<void>((resolve) => {
      child.once("exit", () => {
        resolve();
      });
      child.kill("SIGKILL");
    });
  }

  #start(): ChildProcess {
    const child = fork(fileURLToPath(new URL("./worker.js", import.meta.url)), {
      execArgv: [...this.#parts.nodeFlags],
      stdio: ["ignore", "ignore", "pipe", "ipc"],
    });
    child.stderr?.setEncoding("utf8").on("data", (text: string) => {
      this.#lastWords = (this.#lastWords + text).slice(-LAST_WORDS);
    });
    child.on("message", (message) => {
      this.#receive(replySchema.parse(message));
    });
    child.on("error", (error) => {
      this.#gone(child, error.message);
    });
    child.on("exit", (code, signal) => {
      this.#gone(child, signal ?? `exit code ${code ?? "unknown"}`);
    });
    this.#child = child;
    return child;
  }

  #gone(child: ChildProcess, how: string): void {
    if (this.#child === child || this.#child === undefined) {
      this.#child = undefined;
      this.#opened = undefined;
    }
    if (this.#lastWords !== "")
      this.#parts.logger.debug("last words of the training process", { text: this.#lastWords });
    this.#lastWords = "";
    const error = siteError("WORKER_CRASHED", `The training process ended by itself (${how}).`);
    for (const [id, pending] of this.#pending) {
      this.#pending.delete(id);
      pending.reject(pending.signal.aborted ? (pending.signal.reason as Error) : error);
    }
  }

  #request(order: Order, watching: Watching): Promise<unknown> {
    watching.signal.throwIfAborted();
    const child = this.#child ?? this.#start();
    const id = (this.#lastId += 1);
    let cancelKill = (): void => undefined;
    const abort = (): void => {
      child.send({ type: "abort", id } satisfies Request);
      cancelKill = this.#parts.clock.after(ABORT_PATIENCE_MS, () => child.kill("SIGKILL"));
    };
    watching.signal.addEventListener("abort", abort, { once: true });
    return new Promise<unknown>((resolve, reject) => {
      this.#pending.set(id, { ...watching, resolve, reject });
      child.send({ ...order, id } satisfies Request);
    }).finally(() => {
      watching.signal.removeEventListener("abort", abort);
      cancelKill();
    });
  }

  #receive(message: Reply): void {
    const pending = this.#pending.get(message.id);
    if (pending === undefined) return;
    switch (message.type) {
      case "progress": {
        const { phase, done, total, secondsLeft, loss } = message;
        pending.onProgress?.({ phase, done, total, secondsLeft, loss });
        return;
      }
      case "skipped":
        pending.onSkipped?.(message.cases);
        return;
      case "done":
        this.#pending.delete(message.id);
        pending.resolve(message.value);
        return;
      case "failed":
        this.#pending.delete(message.id);
        pending.reject(pending.signal.aborted ? (pending.signal.reason as Error) : errorOf(message));
    }
  }
}

/** An error of the other process, as it was there. */
function errorOf({ code, exit, message, remedy }: Extract<Reply, { type: "failed" }>): FedaceError {
  const name: ExitName = Object.hasOwn(EXIT_CODES, exit) ? (exit as ExitName) : "internal";
  return new FedaceError(code, message, { exit: name, cause: message, remedy });
}
