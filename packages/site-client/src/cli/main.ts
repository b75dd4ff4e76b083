import { EXIT_CODES, isFedaceError, systemClock } from "@fedace/ace-core/foundation";
import type { Clock } from "@fedace/ace-core/foundation";
import { Printer, processTerminal } from "@fedace/ace-core/host";
import type { Terminal } from "@fedace/ace-core/host";
import { Command, CommanderError } from "commander";
import { siteError } from "../errors.js";
import { VERSION } from "../version.js";
import { addCheck } from "./check.js";
import { addCompare } from "./compare.js";
import { addEngine } from "./engine.js";
import { addFollow } from "./follow.js";
import { addJoin } from "./join.js";
import { addLeave } from "./leave.js";
import { addPredict } from "./predict.js";
import { addReceipts } from "./receipts.js";
import { addServe } from "./serve.js";

/**
 * Runs one command.
 *
 * @param argv the arguments after the program's name
 * @returns the exit code, see ERRORS.md
 */
export async function main(
  argv: readonly string[],
  terminal: Terminal = processTerminal(),
  clock: Clock = systemClock,
): Promise<number> {
  const program = new Command("fedace-site")
    .description("Trains on a local archive and sends weights, never images; segments scans with the joint model.")
    .version(VERSION, "-V, --version")
    .exitOverride()
    .configureOutput({
      writeOut: (text) => {
        terminal.out(text);
      },
      writeErr: (text) => {
        terminal.out(text);
      },
      outputError: () => undefined,
    });
  let status: number = EXIT_CODES.ok;
  const context = { terminal, clock };
  addJoin(program, context);
  addServe(program, context);
  addCheck(program, context);
  addPredict(program, context, argv, (code) => {
    status = code;
  });
  addCompare(program, context);
  addEngine(program, context);
  addReceipts(program, context);
  addFollow(program, context);
  addLeave(program, context);
  try {
    await program.parseAsync(argv, { from: "user" });
    return status;
  } catch (error) {
    return report(terminal, new Printer(terminal, clock, argv.includes("--json")), error);
  }
}

/** Prints an error as `error CODE: message` and `next: remedy`, and gives its exit code. */
function report(terminal: Terminal, printer: Printer, error: unknown): number {
  if (error instanceof CommanderError) {
    if (error.exitCode === 0) return EXIT_CODES.ok;
    const message = error.code === "commander.help" ? "No command was given." : error.message.replace(/^error: /, "");
    return report(terminal, printer, siteError("COMMAND_USAGE", message));
  }
  // A command may know better what there is after an interrupt.
  const known =
    terminal.interrupted.aborted && !isFedaceError(error, "INTERRUPTED")
      ? siteError("INTERRUPTED", "The command was interrupted.")
      : isFedaceError(error)
        ? error
        : siteError("SITE_INTERNAL", error instanceof Error ? (error.stack ?? error.message) : String(error));
  printer.error(known);
  return EXIT_CODES[known.exit];
}
