import { spawn } from "node:child_process";
import type { ChildProcess } from "node:child_process";
import type { Readable } from "node:stream";
import type { Clock, ExitName, Logger } from "@fedace/ace-core/foundation";
import { EXIT_CODES, FedaceError } from "@fedace/ace-core/foundation";
import { siteError } from "../errors.js";
import { onLines } from "./lines.js";
import { replySchema, REPLIES_FD } from "./messages.js";
import type { Reply, Request, Skipped, WorkProgress } from "./messages.js";

/** How long the training process may take to give up what it does before it is ended, milliseconds: one long step. */
const ABORT_PATIENCE_MS = 60_000;
/** Of what a dying process says last, this many characters are kept for the debug log. */
const LAST_WORDS = 2000;
type Order = Request extends infer R ? (R extends { id: number } ? Omit<R, "id"> : never) : never;

export interface ChildParts {
  readonly clock: Clock;
  readonly logger: Logger;
  /** Flags of Node for the process, such as those that make an engine faster. */
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

/** One training process: what it is asked and what it answers is its own, and ends with it. */
export class Child {
  readonly #parts: ChildParts;
  readonly #process: ChildProcess;
  readonly #pending = new Map<number, Pending>();
  /** Resolves when the process is no more. */
  readonly exited: Promise<void>;
  #lastId = 0;
  #lastWords = "";
  /** Why it answers nothing any more. */
  #end: Error | undefined;

  /** @param script what the process runs */
  constructor(parts: ChildParts, script: string) {
    this.#parts = parts;
    const child = spawn(process.execPath, [...parts.nodeFlags, script], { stdio: ["pipe", "ignore", "pipe", "pipe"] });
    this.#process = child;
    child.stderr?.setEncoding("utf8").on("data", (text: string) => {
      this.#lastWords = (this.#lastWords + text).slice(-LAST_WORDS);
    });
    // A process that is gone does not read: its exit says so.
    child.stdin?.on("error", () => undefined);
    onLines(child.stdio[REPLIES_FD] as Readable, (line) => {
      this.#receive(line);
    });
    this.exited = new Promise((resolve) => {
      child.on("error", (error) => {
        this.#gone(`The training process could not be started (${error.message}).`);
        resolve();
      });
      child.on("exit", (code, signal) => {
        this.#gone(`The training process ended by itself (${signal ?? `exit code ${code ?? "unknown"}`}).`);
        resolve();
      });
    });
  }

  /** Whether it has ended, or is about to. */
  get isGone(): boolean {
    return this.#end !== undefined;
  }

  /** @throws what the process answers as an error; WORKER_CRASHED; the signal's reason */
  request(order: Order, watching: Watching): Promise<unknown> {
    watching.signal.throwIfAborted();
    if (this.#end !== undefined) return Promise.reject(this.#end);
    const id = (this.#lastId += 1);
    let cancelKill = (): void => undefined;
    const abort = (): void => {
      this.#send({ type: "abort", id });
      cancelKill = this.#parts.clock.after(ABORT_PATIENCE_MS, () => {
        this.kill();
      });
    };
    watching.signal.addEventListener("abort", abort, { once: true });
    return new Promise<unknown>((resolve, reject) => {
      this.#pending.set(id, { ...watching, resolve, reject });
      this.#send({ ...order, id });
    }).finally(() => {
      watching.signal.removeEventListener("abort", abort);
      cancelKill();
    });
  }

  /** Ends the process at once, as a shortage of memory would. */
  kill(): void {
    this.#process.kill("SIGKILL");
  }

  #send(request: Request): void {
    this.#process.stdin?.write(`${JSON.stringify(request)}\n`);
  }

  #receive(line: string): void {
    const reply = readReply(line);
    if (reply === undefined) {
      this.#gone("The training process sent a line that cannot be read.");
      this.kill();
      return;
    }
    this.#hear(reply);
  }

  #gone(what: string): void {
    const error = (this.#end ??= siteError("WORKER_CRASHED", what));
    if (this.#lastWords !== "") {
      this.#parts.logger.debug("last words of the training process", { text: this.#lastWords });
    }
    this.#lastWords = "";
    for (const [id, pending] of this.#pending) {
      this.#pending.delete(id);
      pending.reject(pending.signal.aborted ? (pending.signal.reason as Error) : error);
    }
  }

  #hear(reply: Reply): void {
    const pending = this.#pending.get(reply.id);
    if (pending === undefined) return;
    switch (reply.type) {
      case "progress": {
        const { phase, done, total, secondsLeft, loss } = reply;
        pending.onProgress?.({ phase, done, total, secondsLeft, loss });
        return;
      }
      case "skipped":
        pending.onSkipped?.(reply.cases);
        return;
      case "done":
        this.#pending.delete(reply.id);
        pending.resolve(reply.value);
        return;
      case "failed":
        this.#pending.delete(reply.id);
        pending.reject(pending.signal.aborted ? (pending.signal.reason as Error) : errorOf(reply));
    }
  }
}

function readReply(line: string): Reply | undefined {
  try {
    return replySchema.safeParse(JSON.parse(line)).data;
  } catch {
    return undefined;
  }
}

/** An error of the other process, as it was there. */
function errorOf({ code, exit, message, remedy }: Extract<Reply, { type: "failed" }>): FedaceError {
  const name: ExitName = Object.hasOwn(EXIT_CODES, exit) ? (exit as ExitName) : "internal";
  return new FedaceError(code, message, { exit: name, cause: message, remedy });
}
