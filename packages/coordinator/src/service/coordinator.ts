import { randomInt } from "node:crypto";
import type { Server } from "node:http";
import { isFedaceError } from "@fedace/ace-core/foundation";
import type { Clock, Logger, Service } from "@fedace/ace-core/foundation";
import { coordinatorError } from "../errors.js";
import { followAudit, refusalLog } from "../audit/index.js";
import { RunDriver } from "../conductor/index.js";
import { createRoutes, createServer, listen } from "../http/index.js";
import { SiteDesk } from "../desk/index.js";
import { fingerprint, linkProblem } from "../identity/index.js";
import { forgetConnections, joinedSites, readNotice, record, verifyAudit, writeSetting } from "../records/index.js";
import { Spool } from "../spool/index.js";
import { dataFolder, lockDataFolder, requireDataFolder } from "../store/index.js";
import { createGateway, Links } from "../transport/index.js";
import type { Gateway } from "../transport/index.js";
import { coordinatorUrl, withPort } from "./address.js";
import { openCoordinator } from "./open.js";
import type { Opened } from "./open.js";
import { readSettings, SETTINGS } from "./settings.js";
import { tlsSetup } from "./tls.js";
import type { TlsChoice } from "./tls.js";

/** How often the server looks whether a command has changed the database, milliseconds: people do not notice .2 s. */
const WATCH_INTERVAL_MS = 200;

export interface CoordinatorParts {
  readonly clock: Clock;
  readonly logger: Logger;
}

export interface CoordinatorInit {
  readonly data: string;
  /** Default: every address of the machine, or the URL's own where that is on loopback. */
  readonly host?: string;
  /** Default: the port of the URL given at init. 0 takes a free one, and invitations carry it from then on. */
  readonly port?: number;
  readonly tls?: TlsChoice;
}

/** Where a running coordinator is found. */
export interface CoordinatorAddress {
  /** As sites know it. */
  readonly url: string;
  readonly port: number;
  /** SHA-256 of the certificate, hex; undefined with plain HTTP. */
  readonly fingerprint: string | undefined;
}

export interface Coordinator extends Service {
  /** @throws Error before `start` has resolved */
  address(): CoordinatorAddress;
}

/** Composition root of the server: puts every part together and starts and stops them in order. */
export function createCoordinator(parts: CoordinatorParts, init: CoordinatorInit): Coordinator {
  let address: CoordinatorAddress | undefined;
  const undo: (() => Promise<void> | void)[] = [];
  const stop = async (): Promise<void> => {
    for (let step = undo.pop(); step !== undefined; step = undo.pop()) await step();
  };
  return {
    address: () => {
      if (address === undefined) throw new Error("the coordinator has not been started");
      return address;
    },
    start: async () => {
      try {
        address = await start(parts, init, undo);
      } catch (error) {
        await stop();
        throw error;
      }
    },
    stop,
  };
}

async function start(
  parts: CoordinatorParts,
  init: CoordinatorInit,
  undo: (() => Promise<void> | void)[],
): Promise<CoordinatorAddress> {
  const folder = dataFolder(init.data);
  requireDataFolder(folder);
  undo.push(lockDataFolder(folder));
  const opened = await openCoordinator(init.data);
  undo.push(() => opened.database.close());
  const { database, key, objects } = opened;
  await requireSound(opened, parts.logger);
  await objects.sweep(parts.clock.now());
  await database.transaction(forgetConnections);

  const url = coordinatorUrl((await readSettings(database)).url);
  const setup = tlsSetup(init.tls ?? { mode: "own" }, folder, url, init.host);
  const server = createServer(setup.files);
  const links = new Links();
  const refused = refusalLog(database, parts.clock);
  server.on("request", createRoutes({ ...parts, database, key, refused }));
  const spool = new Spool(folder.spool);
  const driver = new RunDriver({ ...parts, database, objects, spool, key, links });
  const desk = new SiteDesk({ ...parts, database, objects, spool, links, driver });
  const gateway = createGateway({ ...parts, database, key, desk, refused, pick: randomInt }, server);
  undo.push(() => driver.stop());
  undo.push(() => closeServer(server, gateway));

  // Before anybody can come in: deadlines are prolonged, and uploads that are still wanted stay.
  await driver.start();
  const port = await listen(server, setup.host, init.port ?? url.port);
  const actual = init.port === 0 ? withPort(url, port) : url.url;
  await database.transaction(async (sql) => {
    await writeSetting(sql, SETTINGS.url, actual);
    await writeSetting(sql, SETTINGS.certificate, setup.pinned ?? "");
    await record(sql, parts.clock.now(), "coordinator.started", { url: actual });
  });
  const sayNews = await followAudit(database, parts.logger);
  undo.push(watch(parts, opened, links, driver, sayNews, await readNotice(database)));
  return {
    url: actual,
    port,
    fingerprint: setup.files === undefined ? undefined : fingerprint(setup.files.certificate),
  };
}

/**
 * Looks over the database before anything is built on it. A broken chain of the audit log is said loudly and stops nobody:
 * no model depends on it.
 *
 * @throws DATA_FOLDER_DAMAGED
 */
async function requireSound({ database, folder }: Opened, logger: Logger): Promise<void> {
  const wrong = await database.check();
  if (wrong.length > 0) {
    const message = `${folder.database} is damaged: ${wrong.slice(0, 3).join("; ")}.`;
    throw coordinatorError("DATA_FOLDER_DAMAGED", message);
  }
  await verifyAudit(database).catch((error: unknown) => {
    if (!isFedaceError(error, "AUDIT_BROKEN")) throw error;
    logger.error("the audit log is broken: see `fedace-coordinator audit verify`", { error });
  });
}

/** Acts on what commands have written into the database, and says what has happened. */
function watch(
  parts: CoordinatorParts,
  opened: Opened,
  links: Links,
  driver: RunDriver,
  sayNews: () => Promise<void>,
  before: string | undefined,
): () => void {
  let stopped = false;
  let cancel: () => void = () => undefined;
  let notice = before;
  const look = async (): Promise<void> => {
    try {
      if (await opened.database.changedElsewhere()) {
        await dropUnwelcome(opened, links);
        const jws = await readNotice(opened.database);
        if (jws !== undefined && jws !== notice) for (const link of links.ready()) link.send("moved", { jws });
        notice = jws;
        await driver.look();
      }
      await sayNews();
    } catch (error) {
      parts.logger.error("the database could not be watched", { error });
    }
    if (!stopped) schedule();
  };
  const schedule = (): void => {
    cancel = parts.clock.after(WATCH_INTERVAL_MS, () => void look());
  };
  schedule();
  return () => {
    stopped = true;
    cancel();
  };
}

/** Sites that were revoked, and whoever holds a key that its site has replaced since. */
async function dropUnwelcome(opened: Opened, links: Links): Promise<void> {
  const joined = new Map((await joinedSites(opened.database)).map((site) => [site.name, site]));
  for (const link of links.all()) {
    const problem = linkProblem(link, joined.get(link.site));
    if (problem !== undefined) link.close(problem);
  }
}

async function closeServer(server: Server, gateway: Gateway): Promise<void> {
  const listening = server.listening;
  await gateway.close();
  if (listening) server.closeAllConnections();
}
