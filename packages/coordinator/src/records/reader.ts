import type { Run, RunContext } from "../rounds/index.js";
import type { Database } from "../store/index.js";
import { readContext } from "./apply.js";
import { findRun } from "./runs.js";

/** A run and what its machine looks at. */
interface RunView {
  readonly run: Run;
  readonly context: RunContext;
}

/**
 * Reads what every message of a site needs: plan, state, roster with resolved label maps. Kept until the database
 * changes, so that an upload of thousands of chunks parses the plan once.
 */
export class RunReader {
  readonly #database: Database;
  readonly #views = new Map<string, Promise<RunView | undefined>>();
  #version: string | undefined;

  constructor(database: Database) {
    this.#database = database;
  }

  async read(id: string): Promise<RunView | undefined> {
    const version = await this.#database.version();
    if (version !== this.#version) this.#views.clear();
    this.#version = version;
    const known = this.#views.get(id);
    if (known !== undefined) return known;
    const view = this.#readNow(id);
    this.#views.set(id, view);
    view.catch(() => this.#views.delete(id));
    return view;
  }

  async #readNow(id: string): Promise<RunView | undefined> {
    const run = await findRun(this.#database, id);
    return run === undefined ? undefined : { run, context: await readContext(this.#database, run) };
  }
}
