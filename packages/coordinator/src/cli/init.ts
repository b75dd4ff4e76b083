import type { Command } from "commander";
import { initCoordinator } from "../service/index.js";
import { addCommand, dataOf, printerOf } from "./command.js";
import type { CommandContext, CommonOptions } from "./command.js";

export function addInit(program: Command, context: CommandContext): void {
  addCommand(
    program,
    "init",
    "make a coordinator: its keys, certificate and database",
    "fedace-coordinator init --data /srv/fedace --url https://fedace.example.org:8443",
  )
    .requiredOption("--url <url>", "address at which sites reach the coordinator")
    .option("--name <name>", "name shown to sites (default: the host)")
    .action(async (options: CommonOptions & { url: string; name?: string }) => {
      const { url, name } = options;
      const init = { data: dataOf(context, options), url, ...(name === undefined ? {} : { name }) };
      const made = await initCoordinator(init, context.clock);
      printerOf(context, options).result(made, [
        `A coordinator was made in ${made.folder}.`,
        `  address       ${made.url}`,
        `  certificate   SHA-256 ${made.fingerprint}`,
        `  signing key   ${made.key}`,
        `Keep a copy of the folder's keys in a safe place.`,
        `next: fedace-coordinator serve --data ${made.folder}`,
      ]);
    });
}
