import { fileURLToPath } from "node:url";
import { Child } from "./child.js";
import type { ChildParts, Watching } from "./child.js";
import { comparedSchema, outcomeSchema, readySchema, surveySchema } from "./messages.js";
import type { Compared, Ready, Request, Survey, WorkOutcome } from "./messages.js";

const WORKER = fileURLToPath(new URL("./worker.js", import.meta.url));

type Setup = Omit<Extract<Request, { type: "open" }>, "type" | "id">;
type CompareOrder = Omit<Extract<Request, { type: "compare" }>, "type" | "id">;
type WorkOrder = Omit<Extract<Request, { type: "work" }>, "type" | "id">;

/** A process, and what came of opening its engine. */
interface Opened {
  readonly child: Child;
  readonly ready: Promise<Ready>;
}

/**
 * The site's training process, seen from the other side. It is started when it is first needed and again after a
 * crash or an engine that could not be opened, and keeps the prepared archive from round to round.
 */
export class Trainer {
  readonly #parts: ChildParts;
  readonly #setup: Setup;
  readonly #script: string;
  readonly #children = new Set<Child>();
  #opened: Opened | undefined;

  /** @param script what the process runs; tests have crooked ones */
  constructor(parts: ChildParts, setup: Setup, script = WORKER) {
    this.#parts = parts;
    this.#setup = setup;
    this.#script = script;
  }

  /**
   * Starts the process, if it does not run, and opens the engine.
   *
   * @throws ENGINE_UNAVAILABLE, ENGINE_MEMORY, WORKER_CRASHED
   */
  open(): Promise<Ready> {
    return this.#open().ready;
  }

  /** @throws ENGINE_…, ARCHIVE_… and LABEL_… codes, WORKER_CRASHED, the signal's reason */
  async survey(inputs: readonly string[] | null, watching: Watching): Promise<Survey> {
    const { child, ready } = this.#open();
    await ready;
    const order = { type: "survey", inputs: inputs === null ? null : [...inputs] } as const;
    return surveySchema.parse(await child.request(order, watching));
  }

  /** @throws the codes of the archive, the labels, the engine and training, WORKER_CRASHED, the signal's reason */
  async work(order: WorkOrder, watching: Watching): Promise<WorkOutcome> {
    const { child, ready } = this.#open();
    await ready;
    return outcomeSchema.parse(await child.request({ type: "work", ...order }, watching));
  }

  /** @throws COMPARE_… codes, those of the archive, the labels, the engine and training, WORKER_CRASHED, the signal's reason */
  async compare(order: CompareOrder, watching: Watching): Promise<Compared> {
    const { child, ready } = this.#open();
    await ready;
    return comparedSchema.parse(await child.request({ type: "compare", ...order }, watching));
  }

  /** Ends the process at once, as a shortage of memory would. */
  kill(): void {
    this.#opened?.child.kill();
  }

  /** Ends the process and waits for it. */
  async stop(): Promise<void> {
    this.#opened = undefined;
    await Promise.all(
      [...this.#children].map((child) => {
        child.kill();
        return child.exited;
      }),
    );
  }

  #open(): Opened {
    if (this.#opened?.child.isGone === false) return this.#opened;
    const child = new Child(this.#parts, this.#script);
    this.#children.add(child);
    void child.exited.then(() => this.#children.delete(child));
    const asked = child.request({ type: "open", ...this.#setup }, { signal: new AbortController().signal });
    const opened = { child, ready: asked.then((value) => readySchema.parse(value)) };
    this.#opened = opened;
    // What stood in the way may be gone when it is next asked for; a library that failed is not asked twice.
    opened.ready.catch(() => {
      if (this.#opened === opened) this.#opened = undefined;
      child.kill();
    });
    return opened;
  }
}
