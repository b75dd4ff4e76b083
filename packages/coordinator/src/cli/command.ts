import { Option } from "commander";
import type { Command } from "commander";
import type { Clock } from "@fedace/ace-core/foundation";
import { agreed, Printer } from "@fedace/ace-core/host";
import type { Terminal } from "@fedace/ace-core/host";
import { coordinatorError } from "../errors.js";
import { openCoordinator } from "../service/index.js";
import type { Opened } from "../service/index.js";

/** What the commands are given by `main`. */
export interface CommandContext {
  readonly terminal: Terminal;
  readonly clock: Clock;
}

/** Options that go with every command. */
export interface CommonOptions {
  readonly data?: string;
  readonly json?: boolean;
}

/** Adds a command with the options all have, and an example to its help. */
export function addCommand(parent: Command, usage: string, description: string, example: string): Command {
  return parent
    .command(usage)
    .description(description)
    .addOption(new Option("--data <dir>", "data folder of the coordinator (default: $FEDACE_DATA)"))
    .option("--json", "print JSON for machines")
    .addHelpText("after", `\nExample:\n  ${example}`);
}

/** @throws DATA_FOLDER_UNSPECIFIED */
export function dataOf(context: CommandContext, options: CommonOptions): string {
  const data = options.data ?? context.terminal.env["FEDACE_DATA"];
  if (data === undefined || data === "") {
    throw coordinatorError("DATA_FOLDER_UNSPECIFIED", "Neither --data nor FEDACE_DATA names the data folder.");
  }
  return data;
}

export function printerOf(context: CommandContext, options: CommonOptions): Printer {
  return new Printer(context.terminal, context.clock, options.json ?? false);
}

/** Runs `work` on the opened data folder and closes it, whatever happens. */
export async function withCoordinator<T>(
  context: CommandContext,
  options: CommonOptions,
  work: (opened: Opened) => Promise<T>,
): Promise<T> {
  const opened = await openCoordinator(dataOf(context, options));
  try {
    return await work(opened);
  } finally {
    await opened.database.close();
  }
}

/** What commands say where nobody serves the data folder. */
export const NOT_SERVED = "No server runs on this data folder: nothing goes on until `fedace-coordinator serve`.";

/** Options of commands that cannot be undone. */
export const YES_OPTION = ["--yes", "do it without asking"] as const;

/**
 * Whether what cannot be undone is wanted: asks whoever is at the screen, unless told beforehand; a script is taken at its
 * word.
 */
export async function confirmed(
  context: CommandContext,
  options: CommonOptions & { readonly yes?: boolean },
  question: string,
): Promise<boolean> {
  return options.yes === true || agreed(context.terminal, printerOf(context, options), question);
}
