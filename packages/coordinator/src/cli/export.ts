import type { Command } from "commander";
import { csv, writeDurably } from "@fedace/ace-core/host";
import { countedUploads, listEvaluations, requireRun } from "../records/index.js";
import { history } from "../rounds/index.js";
import { addCommand, printerOf, withCoordinator } from "./command.js";
import type { CommandContext, CommonOptions } from "./command.js";
import { FORCE_OPTION, outputError, PUBLIC_FILE, requireOutput } from "./files.js";

/** Documented in the package's README. */
const COLUMNS = ["run", "round", "model", "site", "quantity", "class", "value", "unit"] as const;

interface ExportOptions extends CommonOptions {
  readonly out: string;
  readonly force?: boolean;
}

export function addExport(run: Command, context: CommandContext): void {
  addCommand(
    run,
    "export <run>",
    "write what every round came to at every site as CSV: loss, cases, share, Dice, metrics",
    "fedace-coordinator run export brain-joint-3f2a9c1e --out rounds.csv",
  )
    .requiredOption("--out <file>", "CSV file to write")
    .option(...FORCE_OPTION)
    .action((id: string, options: ExportOptions) => exportRun(context, id, options));
}

async function exportRun(context: CommandContext, id: string, options: ExportOptions): Promise<void> {
  await requireOutput(options.out, { force: options.force ?? false });
  await withCoordinator(context, options, async ({ database }) => {
    const { plan } = await requireRun(database, id);
    const numbers = history(plan, await countedUploads(database, id), await listEvaluations(database, id));
    const rows = numbers.map((one) => [
      id,
      one.round,
      one.model,
      one.site,
      one.quantity,
      one.class ?? "",
      one.value,
      one.unit,
    ]);
    await writeDurably(options.out, csv(COLUMNS, rows), PUBLIC_FILE).catch((cause: unknown) => {
      throw outputError(options.out, cause);
    });
    printerOf(context, options).result({ run: id, file: options.out, rows: rows.length, columns: COLUMNS }, [
      `${options.out}: ${rows.length} numbers of ${id}`,
    ]);
  });
}
