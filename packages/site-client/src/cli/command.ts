import { dataEngines } from "@fedace/ace-core/engine";
import type { Clock } from "@fedace/ace-core/foundation";
import { duration, Printer } from "@fedace/ace-core/host";
import type { Terminal } from "@fedace/ace-core/host";
import type { Command } from "commander";
import { siteError } from "../errors.js";
import { lockDataFolder, openDataFolder } from "../identity/index.js";
import type { DataPaths } from "../identity/index.js";
import type { ProxySetting } from "../transport/index.js";

/** What the commands are given by `main`. */
export interface CommandContext {
  readonly terminal: Terminal;
  readonly clock: Clock;
}

/** Options that go with every command. */
export interface CommonOptions {
  readonly json?: boolean;
}

export interface DataOptions extends CommonOptions {
  readonly data?: string;
}

/** Adds a command with `--json` and an example to its help. */
export function addCommand(parent: Command, usage: string, description: string, example: string): Command {
  return parent
    .command(usage)
    .description(description)
    .option("--json", "print JSON for machines")
    .addHelpText("after", `\nExample:\n  ${example}`);
}

export const DATA_OPTION = ["--data <dir>", "data folder of the site (default: $FEDACE_DATA)"] as const;

/** @throws DATA_FOLDER_UNSPECIFIED */
export function dataOf({ terminal }: CommandContext, options: DataOptions): string {
  const data = options.data ?? terminal.env["FEDACE_DATA"];
  if (data === undefined || data === "") {
    throw siteError("DATA_FOLDER_UNSPECIFIED", "Neither --data nor FEDACE_DATA names the data folder.");
  }
  return data;
}

/** The proxy that the environment names; capital or small letters, as everywhere. */
export function proxyOf({ terminal: { env } }: CommandContext): ProxySetting {
  return { url: env["HTTPS_PROXY"] ?? env["https_proxy"], except: env["NO_PROXY"] ?? env["no_proxy"] };
}

/** Folders with engines besides the user's cache: that of the data folder, where one is named. */
export function enginesOf({ terminal }: CommandContext, options: DataOptions): string[] {
  const data = options.data ?? terminal.env["FEDACE_DATA"];
  return data === undefined || data === "" ? [] : [dataEngines(data)];
}

/** Runs `work` while this process holds the data folder. */
export async function withLock<T>(
  context: CommandContext,
  options: CommonOptions,
  data: string,
  work: (paths: DataPaths) => Promise<T>,
): Promise<T> {
  const paths = openDataFolder(data);
  const lock = await lockDataFolder(data, {
    clock: context.clock,
    waiting: (ms) => {
      printerOf(context, options).note(
        `the data folder is locked from elsewhere; watching for up to ${duration(ms)} whether by a living process`,
      );
    },
    // It is held for the seconds of one exchange.
    lost: () => undefined,
  });
  try {
    return await work(paths);
  } finally {
    await lock.release();
  }
}

/** What a command prints with. */
export function printerOf({ terminal, clock }: CommandContext, options: CommonOptions): Printer {
  return new Printer(terminal, clock, options.json ?? false);
}
