import { Option } from "commander";
import type { Command } from "commander";
import { consoleLogger, LOG_LEVELS } from "@fedace/ace-core/host";
import type { LogLevel } from "@fedace/ace-core/host";
import { coordinatorError } from "../errors.js";
import { joinedSites, listRuns } from "../records/index.js";
import { describe, hasEnded } from "../rounds/index.js";
import { createCoordinator, openCoordinator } from "../service/index.js";
import type { TlsChoice } from "../service/index.js";
import { addCommand, dataOf, printerOf } from "./command.js";
import type { CommandContext, CommonOptions } from "./command.js";
import { readInput } from "./files.js";

interface ServeOptions extends CommonOptions {
  readonly host?: string;
  readonly port?: string;
  readonly tlsCert?: string;
  readonly tlsKey?: string;
  readonly behindProxy?: boolean;
  readonly logLevel?: LogLevel;
}

export function addServe(program: Command, context: CommandContext): void {
  addCommand(
    program,
    "serve",
    "run the coordinator until it is interrupted",
    "fedace-coordinator serve --data /srv/fedace",
  )
    .option("--host <host>", "address to listen on (default: all, or the URL's own if that is loopback)")
    .option("--port <port>", "port to listen on (default: the URL's); 0 takes a free one")
    .option("--tls-cert <file>", "certificate chain in place of the coordinator's own, PEM")
    .option("--tls-key <file>", "key of that certificate, PEM")
    .option("--behind-proxy", "plain HTTP, for a proxy that ends TLS")
    .addOption(
      new Option("--log-level <level>", "what is logged on standard error (default: info, with --json warn)").choices(
        LOG_LEVELS,
      ),
    )
    .action((options: ServeOptions) => serve(context, options));
}

async function serve(context: CommandContext, options: ServeOptions): Promise<void> {
  const data = dataOf(context, options);
  const json = options.json ?? false;
  const level = options.logLevel ?? (json ? "warn" : "info");
  const coordinator = createCoordinator(
    { clock: context.clock, logger: consoleLogger(context, { json, level }) },
    {
      data,
      tls: tlsChoice(options),
      ...(options.host === undefined ? {} : { host: options.host }),
      ...(options.port === undefined ? {} : { port: portOf(options.port) }),
    },
  );
  await coordinator.start();
  try {
    await announce(context, options, data, coordinator.address());
    await new Promise<void>((resolve) => {
      if (context.terminal.interrupted.aborted) resolve();
      context.terminal.interrupted.addEventListener("abort", () => {
        resolve();
      });
    });
  } finally {
    await coordinator.stop();
  }
  printerOf(context, options).result({ event: "stopped" }, ["stopped"]);
}

async function announce(
  context: CommandContext,
  options: ServeOptions,
  data: string,
  address: { readonly url: string; readonly port: number; readonly fingerprint: string | undefined },
): Promise<void> {
  const opened = await openCoordinator(data);
  const sites = await joinedSites(opened.database);
  const runs = (await listRuns(opened.database)).runs.filter(
    ({ state }) => !hasEnded(state) && state.stage.kind !== "created",
  );
  await opened.database.close();
  printerOf(context, options).result(
    { event: "listening", ...address, data: opened.folder.root, sites: sites.length, runs: runs.map(({ id }) => id) },
    [
      `listening at ${address.url} (port ${address.port})`,
      `  certificate   ${address.fingerprint === undefined ? "none: plain HTTP" : `SHA-256 ${address.fingerprint}`}`,
      `  data folder   ${opened.folder.root}`,
      `  sites         ${sites.length === 0 ? "none yet: fedace-coordinator site invite NAME --out FILE" : sites.map((site) => site.name).join(", ")}`,
      `  active runs   ${runs.length === 0 ? "none" : runs.map((run) => `${run.id} (${describe(run.state)})`).join(", ")}`,
      `Stop with Ctrl-C.`,
    ],
  );
}

/** @throws COMMAND_USAGE */
function portOf(text: string): number {
  const port = Number(text);
  if (/^\d{1,5}$/.test(text) && port <= 65_535) return port;
  throw coordinatorError("COMMAND_USAGE", `--port ${text} is no port number from 0 to 65535.`);
}

/** @throws COMMAND_USAGE, INPUT_UNREADABLE */
function tlsChoice(options: ServeOptions): TlsChoice {
  const { tlsCert, tlsKey, behindProxy } = options;
  if ((tlsCert === undefined) !== (tlsKey === undefined)) {
    throw coordinatorError("COMMAND_USAGE", "--tls-cert and --tls-key go together.");
  }
  if (tlsCert === undefined || tlsKey === undefined) return { mode: behindProxy === true ? "behind-proxy" : "own" };
  if (behindProxy === true)
    throw coordinatorError("COMMAND_USAGE", "With --behind-proxy the proxy has the certificate.");
  return { mode: "given", certificate: readInput(tlsCert), key: readInput(tlsKey) };
}
