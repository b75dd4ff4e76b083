import { listEngines } from "@fedace/ace-core/engine";
import type { Command } from "commander";
import { addCommand, printResult } from "./command.js";
import type { CommandContext, CommonOptions } from "./command.js";

export function addEngine(program: Command, context: CommandContext): void {
  const engine = program.command("engine").description("what can compute on this machine");
  addCommand(engine, "list", "the engines, and whether they run here", "fedace-site engine list").action(
    async (options: CommonOptions) => {
      const engines = await listEngines();
      printResult(
        context,
        options,
        { engines },
        engines.flatMap((status) =>
          status.usable
            ? [`${status.name}: ${status.device}`]
            : [`${status.name}: not here, ${status.reason}`, `  next: ${status.remedy}`],
        ),
      );
    },
  );
}
