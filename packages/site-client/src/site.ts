import { randomUUID } from "node:crypto";
import { dataEngines } from "@fedace/ace-core/engine";
import { CORE_ERRORS, isFedaceError } from "@fedace/ace-core/foundation";
import type { Clock, FedaceError, Logger, Random, Service } from "@fedace/ace-core/foundation";
import { duration, thumbprint } from "@fedace/ace-core/host";
import type { SigningKey } from "@fedace/ace-core/host";
import type { LabelMapConfig } from "@fedace/ace-core/labels";
import { REJECT_CODES } from "@fedace/ace-core/protocol";
import type { Manifest } from "@fedace/ace-core/protocol";
import { SITE_ERRORS, siteError } from "./errors.js";
import {
  connectionToken,
  dataPaths,
  loadSiteKey,
  lockDataFolder,
  openDataFolder,
  readRegistration,
  siteKeys,
  verifyAssignment,
} from "./identity/index.js";
import type { DataPaths, Registration } from "./identity/index.js";
import { whereabouts } from "./follow.js";
import { openLedger } from "./ledger/index.js";
import type { Ledger } from "./ledger/index.js";
import { createOutbound } from "./outbound/index.js";
import { preflight } from "./preflight.js";
import { Session, workFolder } from "./session/index.js";
import { Connection, isClockOff, placeOf } from "./transport/index.js";
import type { ProxySetting } from "./transport/index.js";
import { Trainer } from "./training/index.js";

export interface SiteInit {
  /** The data folder, joined before. */
  readonly data: string;
  /** The BIDS archive. */
  readonly archive: string;
  readonly labels: LabelMapConfig;
  /** Default auto. */
  readonly engine?: "auto" | "tensorflow" | "webgpu" | "wasm" | "plain";
  /** Default: as many as the process may use. */
  readonly threads?: number;
  /** BIDS suffixes that a case needs to count as usable in the manifest. Default: those that most cases have. */
  readonly inputs?: readonly string[];
  /** The label map is right, although something in the archive speaks against it. Default: then the start is refused. */
  readonly confirmLabels?: boolean;
  /** Figures over fewer cases than this stay at the site. Default 1: all go out. */
  readonly minimumCases?: number;
  /** The HTTP proxy of this machine. Default: none. */
  readonly proxy?: ProxySetting;
}

export interface SiteParts {
  readonly clock: Clock;
  readonly random: Pick<Random, "uniform">;
  readonly logger: Logger;
  /** Flags of Node for the training process. */
  readonly nodeFlags: readonly string[];
}

/** A site at work: `start` once, then it takes part in rounds until `stop`. */
export interface Site extends Service {
  /** Resolves when the site stops: with an error if the coordinator's refusal is final, else with nothing. */
  readonly done: Promise<FedaceError | undefined>;
}

/**
 * A site, put together. `start` locks the data folder, opens the engine, looks through the archive and connects;
 * from there on lost connections are its own affair.
 *
 * @throws from `start`: SITE_NOT_JOINED, DATA_FOLDER_…, LEDGER_BROKEN, ENGINE_…, ARCHIVE_…, LABEL_…
 */
export function createSite(parts: SiteParts, init: SiteInit): Site {
  const stoppers: (() => Promise<void> | void)[] = [];
  let finish: (error?: FedaceError) => void = () => undefined;
  const done = new Promise<FedaceError | undefined>((resolve) => {
    finish = resolve;
  });
  const life = new AbortController();
  const stop = async (): Promise<void> => {
    life.abort(siteError("SITE_INTERNAL", "The site was stopped while it started."));
    for (let next = stoppers.pop(); next !== undefined; next = stoppers.pop()) await next();
    finish();
  };
  const start = async (): Promise<void> => {
    try {
      // Read first: a folder that holds no site is not to become a data folder by a slip of the pen.
      const registration = readRegistration(dataPaths(init.data));
      const paths = openDataFolder(init.data);
      const lock = await lockDataFolder(init.data, {
        clock: parts.clock,
        waiting: (ms) => {
          parts.logger.info(
            `the data folder is locked from elsewhere; watching for up to ${duration(ms)} whether by a living process`,
          );
        },
        lost: () => {
          finish(siteError("DATA_FOLDER_IN_USE", `Another process has taken the data folder ${init.data} over.`));
        },
      });
      stoppers.push(() => lock.release());
      const key = await loadSiteKey(paths, await thumbprint(registration.key));
      life.signal.throwIfAborted();
      const ledger = stopping(
        await openLedger(paths.receipts, {
          key,
          keys: await siteKeys(paths),
          clock: parts.clock,
          logger: parts.logger,
        }),
        finish,
      );
      life.signal.throwIfAborted();
      const trainer = newTrainer(parts, init, registration);
      stoppers.push(() => trainer.stop());
      const manifest = await preflight(parts, init, trainer);
      const { connection, session } = await wire(parts, {
        paths,
        registration,
        proxy: init.proxy,
        minimumCases: init.minimumCases ?? 1,
        key,
        ledger,
        trainer,
        manifest,
        finish,
      });
      stoppers.push(() => {
        session.stop();
        connection.stop();
      });
      life.signal.throwIfAborted();
      connection.start();
    } catch (error) {
      await stop();
      throw error;
    }
  };
  return { start, stop, done };
}

function newTrainer(parts: SiteParts, init: SiteInit, { site }: Registration): Trainer {
  const { archive, labels, engine = "auto", threads = null } = init;
  return new Trainer(parts, { site, archive, labels, engine, threads, engines: [dataEngines(init.data)] });
}

/** At one attempt a minute, an outage takes six lines an hour. */
const SAY_EVERY_ATTEMPTS = 10;

/** Why a site may decline: a code of the catalogues, no more. */
const DECLINE_CODES = [CORE_ERRORS, SITE_ERRORS, REJECT_CODES].flatMap((catalogue) => Object.keys(catalogue));

interface Wiring {
  readonly paths: DataPaths;
  readonly registration: Registration;
  readonly proxy: ProxySetting | undefined;
  readonly minimumCases: number;
  readonly key: SigningKey;
  readonly ledger: Ledger;
  readonly trainer: Trainer;
  readonly manifest: Manifest;
  readonly finish: (error: FedaceError) => void;
}

async function wire(parts: SiteParts, wiring: Wiring): Promise<{ connection: Connection; session: Session }> {
  const { clock, logger } = parts;
  const { paths, registration, proxy, minimumCases, key, ledger, trainer, manifest, finish } = wiring;
  const { site, coordinator } = registration;
  const where = whereabouts(logger, paths, registration, proxy);
  const audience = await thumbprint(coordinator.key);
  const uniqueId = (): string => randomUUID();
  const retrying = retryNarrator(logger);
  const connection: Connection = new Connection(parts, {
    places: where.places,
    token: (connection) => connectionToken(key, { site, audience, connection, uniqueId }, clock.now()),
    events: {
      connected: () => {
        logger.info(`connected to ${placeOf(where.places.current.address)} as ${site}`);
        void where.met();
        session.send({ type: "connected" });
      },
      disconnected: () => {
        session.send({ type: "disconnected" });
      },
      message: (message) => {
        if (message.name === "moved") void where.heard(message.payload.jws);
        else if (message.name !== "goodbye") void session.hear(message);
      },
      retrying,
      ended: finish,
    },
  });
  const outbound = createOutbound({ line: connection.line, ledger, clock, minimumCases });
  outbound.allow([manifest.software, manifest.engine, ...labelWords(manifest.labels), ...DECLINE_CODES]);
  const session = new Session({
    clock,
    logger,
    outbound,
    trainer,
    folder: workFolder(paths.work),
    runs: paths.runs,
    manifest,
    verify: (jws) => verifyAssignment(jws, coordinator.key, site),
    onWelcome: (time) => {
      if (isClockOff(clock.now(), time)) logger.warn("this machine's clock and the coordinator's are far apart");
      if (session.state.work === null) logger.info("waiting for the next round");
    },
  });
  await session.restore();
  return { connection, session };
}

/** Says why there is no connection: when the reason is new, and then at every tenth attempt. */
function retryNarrator(logger: Logger): (error: FedaceError, delayMs: number) => void {
  let code = "";
  let attempts = 0;
  return (error, delayMs) => {
    attempts = error.code === code ? attempts + 1 : 1;
    code = error.code;
    const count = attempts > 1 ? ` (${attempts} attempts)` : "";
    // Each time: in between this site is connected, and whoever looks sees nothing wrong.
    const rival = code === "SITE_CONNECTED_ELSEWHERE";
    const level = rival ? "error" : attempts % SAY_EVERY_ATTEMPTS === 1 ? "warn" : "debug";
    logger[level](`${error.message}${count} Next attempt in ${duration(delayMs)}.`, { code });
  };
}

/** A ledger that ends the site when it is broken: without a record that holds, nothing may leave. */
function stopping(ledger: Ledger, finish: (error: FedaceError) => void): Ledger {
  return {
    ...ledger,
    append: async (kind, what) => {
      try {
        return await ledger.append(kind, what);
      } catch (error) {
        if (isFedaceError(error, "LEDGER_BROKEN")) finish(error);
        throw error;
      }
    },
  };
}

/** The class names in a label map, as the administrator wrote them. */
function labelWords(labels: LabelMapConfig): string[] {
  return "kind" in labels ? [] : Object.values(labels.values).flat();
}
