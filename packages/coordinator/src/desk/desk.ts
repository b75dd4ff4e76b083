import { isDeepStrictEqual } from "node:util";
import type { Clock } from "@fedace/ace-core/foundation";
import { EVALUATION_PARTS } from "@fedace/ace-core/protocol";
import type { SiteAnswer, SiteMessage, SiteMessageName } from "@fedace/ace-core/protocol";
import type { RunDriver } from "../conductor/index.js";
import { linkProblem, Refusal } from "../identity/index.js";
import {
  RunReader,
  findSite,
  noteConnection,
  noteManifest,
  noteTakeover,
  readNotice,
  record,
  revokeSite,
  saveEvaluation,
  saveProgress,
} from "../records/index.js";
import type { Spool } from "../spool/index.js";
import type { Database, Objects } from "../store/index.js";
import type { Desk, Links, SiteLink } from "../transport/index.js";
import { evaluationProblem } from "./numbers.js";
import { Lines } from "./lines.js";
import { placeIn } from "./place.js";
import { readModel } from "./reading.js";
import { UploadDesk } from "./uploads.js";

/** A site's progress is written at most this often, milliseconds: it is for people, and each write reaches the disk. */
const PROGRESS_INTERVAL_MS = 500;

/** A connection on which nothing has come for longer than this, milliseconds, may be dead: a ping goes out every 10 s. */
const ALIVE_MS = 12_000;

/** How long a site that leaves may keep its connection, milliseconds. */
const LEAVE_TAKING_MS = 1000;

interface DeskParts {
  readonly clock: Clock;
  readonly database: Database;
  readonly objects: Objects;
  readonly spool: Spool;
  readonly links: Links;
  readonly driver: RunDriver;
}

type Served = DeskParts & { readonly reader: RunReader };

/** What is remembered of one connection. */
interface Session {
  readonly uploads: UploadDesk;
  progressAt: number;
}

/** Answers the sites' messages. Authority comes from the connection: a message never says whose it is. */
export class SiteDesk implements Desk {
  readonly #parts: Served;
  readonly #lines = new Lines();
  readonly #sessions = new WeakMap<SiteLink, Session>();

  constructor(parts: DeskParts) {
    this.#parts = { ...parts, reader: new RunReader(parts.database) };
  }

  async connected(link: SiteLink): Promise<void> {
    const { clock, database, links } = this.#parts;
    const now = (): number => clock.now();
    const parts = { ...this.#parts, lines: this.#lines, now };
    const uploads = new UploadDesk(parts, link.site, () => links.isCurrent(link));
    this.#sessions.set(link, { uploads, progressAt: 0 });
    const older = links.add(link);
    // It may have been revoked since its token was checked, and the watch knows of open connections only.
    const refusal = linkProblem(link, await findSite(database, link.site));
    if (refusal !== undefined) {
      link.close(refusal);
      return;
    }
    await database.transaction(async (sql) => {
      await record(sql, now(), "site.connected", { site: link.site });
      // One that has died leaves the same key behind; one that is there is a second client.
      const alive = older?.key === link.key && now() - older.heardAt() < ALIVE_MS;
      if (alive && (await noteTakeover(sql, link.site, now())))
        await record(sql, now(), "site.two-clients", { site: link.site });
    });
  }

  async disconnected(link: SiteLink): Promise<void> {
    const { clock, database, links, driver } = this.#parts;
    if (!links.remove(link)) return;
    const now = clock.now();
    await database.transaction(async (sql) => {
      await noteConnection(sql, link.site, null, now);
      await record(sql, now, "site.disconnected", { site: link.site });
    });
    await driver.look();
  }

  async answer<N extends SiteMessageName>(link: SiteLink, name: N, payload: SiteMessage<N>): Promise<SiteAnswer<N>> {
    const session = this.#sessions.get(link);
    if (session === undefined || !this.#parts.links.isCurrent(link)) throw new Refusal("SITE_CONNECTED_ELSEWHERE");
    return handlers[name](this.#parts, session, link, payload);
  }
}

type Handlers = {
  readonly [N in SiteMessageName]: (
    parts: Served,
    session: Session,
    link: SiteLink,
    message: SiteMessage<N>,
  ) => Promise<SiteAnswer<N>>;
};

const handlers: Handlers = {
  manifest: async ({ clock, database, links, driver }, _session, link, manifest) => {
    const now = clock.now();
    const known = await findSite(database, link.site);
    const unchanged = isDeepStrictEqual(known?.manifest, manifest);
    // What is known already is not written again: each write wakes every run.
    if (!unchanged || known?.connectedAt === null) {
      await database.transaction(async (sql) => {
        if (!unchanged) await noteManifest(sql, link.site, manifest, now);
        await noteConnection(sql, link.site, now, now);
      });
    }
    links.markReady(link);
    const jws = await readNotice(database);
    if (jws !== undefined) link.send("moved", { jws });
    await driver.look();
    const metrics = manifest.understands?.includes("metrics") === true ? { metrics: [...EVALUATION_PARTS] } : {};
    return { site: link.site, time: now, ...metrics };
  },
  progress: async ({ clock, database, reader }, session, { site }, progress) => {
    const now = clock.now();
    if (now - session.progressAt < PROGRESS_INTERVAL_MS) return {};
    session.progressAt = now;
    const { stage } = (await placeIn(reader, site, progress.run)).run.state;
    // Of another round than the one that is open it would be shown to nobody.
    if (!("round" in stage) || stage.round !== progress.round) return {};
    await database.transaction((sql) => saveProgress(sql, site, progress, now));
    return {};
  },
  "model.read": async (parts, _session, { site }, message) => ({ data: await readModel(parts, site, message) }),
  "update.begin": async (_parts, { uploads }, _link, message) => ({ offset: await uploads.begin(message) }),
  "update.chunk": async (_parts, { uploads }, _link, message) => ({ offset: await uploads.chunk(message) }),
  "update.end": async (_parts, { uploads }, _link, message) => {
    await uploads.end(message);
    return { counted: true };
  },
  evaluation: async ({ reader, driver }, _session, { site }, { run, round, evaluation }) => {
    const place = await placeIn(reader, site, run);
    const problem = evaluationProblem(evaluation, place);
    if (problem !== undefined) throw new Refusal("UPDATE_NUMBERS", {}, problem);
    await driver.apply(run, { type: "evaluated", round, site }, async (sql, applied) => {
      const { stage } = applied.run.state;
      if (stage.kind !== "evaluating" || stage.round !== round) throw new Refusal("ROUND_CLOSED");
      await saveEvaluation(sql, run, round, site, evaluation);
    });
    return {};
  },
  decline: async ({ reader, driver }, _session, { site }, { run, round, code }) => {
    await placeIn(reader, site, run);
    await driver.apply(run, { type: "declined", round, site, code });
    return {};
  },
  leave: async ({ clock, database, driver }, _session, link) => {
    const now = clock.now();
    await database.transaction(async (sql) => {
      if (await revokeSite(sql, link.site, now, "left")) await record(sql, now, "site.left", { site: link.site });
    });
    await driver.look();
    // After the answer, which it is to read.
    clock.after(LEAVE_TAKING_MS, () => {
      link.close("SITE_REVOKED");
    });
    return {};
  },
};
