import { hasEnded } from "../rounds/index.js";
import type { Run } from "../rounds/index.js";
import type { Spool } from "../spool/index.js";

/** Keeps in the spool what an open round needs, and nothing else. */
export class Tidying {
  readonly #spool: Spool;
  /** The round whose uploads were kept when the run was last tidied. */
  readonly #kept = new Map<string, number | undefined>();

  constructor(spool: Spool) {
    this.#spool = spool;
  }

  /** Removes the uploads of rounds that are over, once for each round; those of an ended run altogether. */
  async follow(run: Run): Promise<void> {
    const open = openRound(run);
    if (this.#kept.has(run.id) && this.#kept.get(run.id) === open) return;
    await this.#spool.keepOnly(run.id, open);
    this.#kept.set(run.id, open);
  }

  /** Takes over what an older version has left of the open round. */
  async adopt(run: Run): Promise<void> {
    const { stage } = run.state;
    if (stage.kind !== "collecting" && stage.kind !== "aggregating") return;
    const counted = new Map(stage.counted.map(({ site, sha256 }) => [site, sha256]));
    await this.#spool.adopt(run.id, stage.round, counted);
  }

  /** Removes the uploads of runs that are not there. */
  async sweep(known: readonly string[]): Promise<void> {
    for (const run of await this.#spool.runs()) if (!known.includes(run)) await this.#spool.keepOnly(run, undefined);
  }
}

/** The round that may still need what was uploaded. */
function openRound({ state }: Run): number | undefined {
  const { stage } = state;
  if (hasEnded(state)) return undefined;
  return stage.kind === "collecting" || stage.kind === "aggregating" ? stage.round : undefined;
}
