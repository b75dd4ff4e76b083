import { readableBy } from "@fedace/ace-core/protocol";
import type { Assignment } from "@fedace/ace-core/protocol";
import type { SigningKey } from "@fedace/ace-core/host";
import { closingReason } from "../rounds/index.js";
import type { Duties, Duty, Run, RunContext } from "../rounds/index.js";
import { companions } from "../records/index.js";
import type { Sql } from "../store/index.js";
import type { SiteLink } from "../transport/index.js";

/** Tells connected sites what they are to do, once each, signed; and when it is off. */
export class Dispatcher {
  readonly #key: SigningKey;
  readonly #sql: Sql;
  /** What each connection was told last, by run. A new connection is told anew. */
  readonly #told = new WeakMap<SiteLink, Map<string, Duty>>();

  constructor(key: SigningKey, sql: Sql) {
    this.#key = key;
    this.#sql = sql;
  }

  async dispatch(run: Run, { roster }: RunContext, due: Duties, links: readonly SiteLink[]): Promise<void> {
    for (const link of links) {
      const told = this.#told.get(link) ?? new Map<string, Duty>();
      this.#told.set(link, told);
      const before = told.get(run.id);
      const duty = due.sites.get(link.site);
      if (duty !== undefined) {
        if (before !== undefined && same(before, duty)) continue;
        told.set(run.id, duty);
        const more = await companions(this.#sql, run, link.site, duty);
        const plan = readableBy(run.plan, roster.find(({ site }) => site === link.site)?.understands);
        const assignment = assignmentOf(run, link.site, duty);
        link.send("assignment", { jws: await this.#key.sign({ ...assignment, plan, ...more }) });
      } else if (before !== undefined) {
        const reason = closingReason(before.round, run.state);
        if (reason !== undefined) link.send("round.closed", { run: run.id, round: before.round, reason });
        // While held for want of a quorum the site works on; it may yet have to be told that the round is off.
        if (reason !== undefined || run.state.hold === null) told.delete(run.id);
      }
    }
  }
}

function assignmentOf(run: Run, site: string, duty: Duty): Omit<Assignment, "plan"> {
  const { kind, round, model, deadline } = duty;
  return { kind, site, run: run.id, round, model, deadline: Math.floor(deadline) };
}

function same(a: Duty, b: Duty): boolean {
  return a.kind === b.kind && a.round === b.round && a.deadline === b.deadline && a.model.sha256 === b.model.sha256;
}
