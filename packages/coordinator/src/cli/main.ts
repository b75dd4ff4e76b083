import { Command, CommanderError } from "commander";
import { EXIT_CODES, isFedaceError, systemClock } from "@fedace/ace-core/foundation";
import type { Clock } from "@fedace/ace-core/foundation";
import { Printer, processTerminal } from "@fedace/ace-core/host";
import type { Terminal } from "@fedace/ace-core/host";
import { coordinatorError } from "../errors.js";
import { addAudit } from "./audit.js";
import { addInit } from "./init.js";
import { addMove } from "./move.js";
import { addModel } from "./model.js";
import { addRun } from "./run.js";
import { addServe } from "./serve.js";
import { addSite } from "./site.js";
import { VERSION } from "./version.js";

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
  const program = createProgram(terminal, clock);
  try {
    await program.parseAsync(argv, { from: "user" });
    return EXIT_CODES.ok;
  } catch (error) {
    return report(new Printer(terminal, clock, argv.includes("--json")), error);
  }
}

function createProgram(terminal: Terminal, clock: Clock): Command {
  const program = new Command("fedace-coordinator")
    .description("Launches rounds of federated training, averages weights, publishes the joint model.")
    .version(VERSION, "-V, --version")
    .exitOverride()
    .showHelpAfterError(false)
    .configureOutput({
      writeOut: (text) => {
        terminal.out(text);
      },
      writeErr: (text) => {
        terminal.out(text);
      },
      outputError: () => undefined,
    });
  const context = { terminal, clock };
  addInit(program, context);
  addServe(program, context);
  addSite(program, context);
  addRun(program, context);
  addModel(program, context);
  addMove(program, context);
  addAudit(program, context);
  return program;
}

function report(printer: Printer, error: unknown): number {
  if (error instanceof CommanderError) {
    if (error.exitCode === 0) return EXIT_CODES.ok;
    const usage = error.code === "commander.help";
    const message = usage ? "No command was given." : error.message.replace(/^error: /, "");
    return report(printer, coordinatorError("COMMAND_USAGE", message));
  }
  const known = isFedaceError(error)
    ? error
    : coordinatorError("COORDINATOR_INTERNAL", error instanceof Error ? (error.stack ?? error.message) : String(error));
  printer.error(known);
  return EXIT_CODES[known.exit];
}
