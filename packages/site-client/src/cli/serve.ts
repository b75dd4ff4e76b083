import { ENGINE_NODE_FLAGS } from "@fedace/ace-core/engine";
import { seededRandom } from "@fedace/ace-core/foundation";
import { consoleLogger, LOG_LEVELS } from "@fedace/ace-core/host";
import type { LogLevel } from "@fedace/ace-core/host";
import { Option } from "commander";
import type { Command } from "commander";
import { siteError } from "../errors.js";
import { createSite } from "../site.js";
import type { SiteInit } from "../site.js";
import { addCommand, DATA_OPTION, dataOf, proxyOf } from "./command.js";
import type { CommandContext, DataOptions } from "./command.js";
import { labelsOf } from "./labels.js";
import type { LabelOptions } from "./labels.js";
import { listOf } from "./lists.js";
import { remedyOf } from "./remedies.js";

export type EngineOption = "auto" | "tensorflow" | "webgpu" | "wasm";

interface ServeOptions extends DataOptions, LabelOptions {
  readonly archive: string;
  readonly engine: EngineOption;
  readonly threads?: string;
  readonly inputs?: string;
  readonly confirmLabels?: boolean;
  readonly minimumCases?: string;
  readonly logLevel: LogLevel;
}

/** Keeps the process alive while it waits for the coordinator, milliseconds; nothing happens at the beat. */
const HEARTBEAT_MS = 60_000;

export const engineOption = (): Option =>
  new Option("--engine <name>", "what computes").choices(["auto", "tensorflow", "webgpu", "wasm"]).default("auto");

/** @throws COMMAND_USAGE */
export function threadsOf(text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  const threads = Number(text);
  if (/^\d{1,3}$/.test(text) && threads >= 1) return threads;
  throw siteError("COMMAND_USAGE", `--threads ${text} is no number from 1 to 999.`);
}

/** @throws COMMAND_USAGE */
function minimumOf(text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  if (/^[1-9]\d{0,5}$/.test(text)) return Number(text);
  throw siteError("COMMAND_USAGE", `--minimum-cases ${text} is no number of cases from 1 on.`);
}

export function addServe(program: Command, context: CommandContext): void {
  addCommand(
    program,
    "serve",
    "take part in the coordinator's runs with a local archive, until interrupted",
    "fedace-site serve --data /srv/fedace-site --archive /data/ms --kind lesion",
  )
    .option(...DATA_OPTION)
    .requiredOption("--archive <dir>", "BIDS archive with images and labels")
    .option("--kind <kind>", "what the archive is labelled for: tissue, lesion or freesurfer (its aseg)")
    .option("--labels <file>", "label map in YAML, in place of --kind")
    .option("--confirm-labels", "the label map is right, although `check` doubts it")
    .addOption(engineOption())
    .option("--threads <n>", "threads that compute (default: all processors)")
    .option("--inputs <suffixes>", "images a case must have, such as T1w,FLAIR (default: those most cases have)")
    .option("--minimum-cases <n>", "keep scores over fewer cases than this to yourself (default: 1, all are given)")
    .addOption(new Option("--log-level <level>").choices(LOG_LEVELS).default("info"))
    .action((options: ServeOptions) => serve(context, options));
}

async function serve(context: CommandContext, options: ServeOptions): Promise<void> {
  const { terminal, clock } = context;
  const labels = await labelsOf(options);
  if (labels === undefined) {
    throw siteError("LABELS_UNSPECIFIED", "Neither --kind nor --labels says what the archive's label values mean.");
  }
  const threads = threadsOf(options.threads);
  const minimumCases = minimumOf(options.minimumCases);
  const init: SiteInit = {
    data: dataOf(context, options),
    archive: options.archive,
    labels,
    engine: options.engine,
    confirmLabels: options.confirmLabels ?? false,
    proxy: proxyOf(context),
    ...(threads === undefined ? {} : { threads }),
    ...(minimumCases === undefined ? {} : { minimumCases }),
    ...(options.inputs === undefined ? {} : { inputs: listOf(options.inputs, "--inputs") }),
  };
  const logger = consoleLogger(context, { json: options.json === true, level: options.logLevel, remedyOf });
  // Jitter of reconnects only: any seed that differs between sites will do.
  const random = seededRandom(clock.now() ^ process.pid);
  const site = createSite({ clock, random, logger, nodeFlags: ENGINE_NODE_FLAGS }, init);
  const interrupted = new Promise<undefined>((resolve) => {
    const end = (): void => {
      resolve(undefined);
    };
    terminal.interrupted.addEventListener("abort", end, { once: true });
    if (terminal.interrupted.aborted) end();
  });
  const heartbeat = setInterval(() => undefined, HEARTBEAT_MS);
  try {
    const started = site.start();
    await Promise.race([started, interrupted]);
    // An interrupt during the start stops it: what it was doing then fails, and nobody is left to hear of it.
    if (terminal.interrupted.aborted) started.catch(() => undefined);
    const error = terminal.interrupted.aborted ? undefined : await Promise.race([site.done, interrupted]);
    if (error !== undefined) throw error;
    logger.info("stopped");
  } finally {
    clearInterval(heartbeat);
    await site.stop();
  }
}
