import { statfs } from "node:fs/promises";
import { duration, size } from "@fedace/ace-core/host";
import type { Clock, Logger } from "@fedace/ace-core/foundation";
import { UNDERSTOOD } from "@fedace/ace-core/protocol";
import type { Manifest } from "@fedace/ace-core/protocol";
import { siteError } from "./errors.js";
import { announce, casesOf } from "./session/index.js";
import type { Trainer } from "./training/index.js";
import { VERSION } from "./version.js";

/** Between two lines of progress, milliseconds. */
const SAY_EVERY_MS = 10_000;
/** Less free disk than this is worth a warning, bytes: the largest usual model three times over. */
const LITTLE_DISK = 1e9;

interface PreflightParts {
  readonly clock: Clock;
  readonly logger: Logger;
}

interface PreflightInit {
  readonly labels: Manifest["labels"];
  /** BIDS suffixes that a case needs to count. Default: those that most cases have. */
  readonly inputs?: readonly string[];
  /** Somebody has looked at the label map and says that it is right, whatever speaks against it. */
  readonly confirmLabels?: boolean;
  /** The folder whose disk is looked at. */
  readonly data: string;
}

/**
 * Opens the engine and looks through the archive, memory and disk, so that what is wrong is said now and not in the
 * first round.
 *
 * @returns what the site will say of itself
 * @throws ENGINE_…, ARCHIVE_…, LABEL_…, LABELS_DOUBTED
 */
export async function preflight(
  { clock, logger }: PreflightParts,
  init: PreflightInit,
  trainer: Pick<Trainer, "open" | "survey">,
): Promise<Manifest> {
  const { engine, reason } = await trainer.open();
  logger.info(`engine ${reason}`);
  const start = clock.now();
  let said = start;
  const survey = await trainer.survey(init.inputs ?? null, {
    signal: new AbortController().signal,
    onProgress: ({ done, total }) => {
      const now = clock.now();
      if (now - said < SAY_EVERY_MS) return;
      said = now;
      const secondsLeft = ((now - start) / 1000 / done) * (total - done);
      logger.info(`archive: looked at case ${done} of ${total}, ${duration(1000 * secondsLeft)} left`);
    },
  });
  const { skipped, odd, memory } = survey;
  if (skipped.length > 0) {
    logger.warn(`${casesOf(skipped.length)} cannot be used; \`fedace-site check\` says why`, { skipped });
  }
  if (odd.length > 0) {
    const whose = `${casesOf(odd.length)} with images that are unlike the others' (swapped, or another head's?)`;
    logger.warn(`${whose}; \`fedace-site check\` says how`, { odd });
  }
  const announced = announce(survey, init.inputs !== undefined);
  if (announced.cases === 0) {
    throw siteError("ARCHIVE_NO_CASES", `Of ${casesOf(skipped.length)} in the archive, none can be used.`);
  }
  requireLabels(logger, survey.doubts, init.confirmLabels ?? false);
  const { inputs, cases, combinations = [] } = announced;
  logger.info(`archive: ${casesOf(cases)} with ${inputs.join(", ")}`);
  if (combinations.length > 0) {
    const each = combinations.map((one) => `${one.cases} with ${one.inputs.join(", ")}`);
    logger.info(`archive: cases differ in their images: ${each.join("; ")}`);
  }
  await room(logger, init.data, memory);
  return {
    software: `fedace-site/${VERSION}`,
    labels: init.labels,
    ...announced,
    engine,
    understands: [...UNDERSTOOD],
  };
}

/** What is taught by a wrong label map spoils the model of all sites, and nobody notices: better asked for once too often. */
function requireLabels(logger: Logger, doubts: readonly string[], confirmed: boolean): void {
  if (doubts.length === 0) return;
  const what = `The label map knows every value of the archive, but may be the wrong one: ${doubts.join("; ")}.`;
  if (!confirmed) throw siteError("LABELS_DOUBTED", what);
  logger.warn(`${what} Confirmed by --confirm-labels.`);
}

async function room(logger: Logger, data: string, needed: number): Promise<void> {
  const memory = process.availableMemory();
  const { bavail, bsize } = await statfs(data);
  const disk = bavail * bsize;
  const level = memory < needed || disk < LITTLE_DISK ? "warn" : "info";
  logger[level](`memory: ${size(memory)}, of which the archive takes about ${size(needed)}; disk: ${size(disk)} free`);
}
