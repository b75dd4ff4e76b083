import type { Command } from "commander";
import { checkArchive, renderCheck } from "../archive/index.js";
import { siteError } from "../errors.js";
import { casesOf } from "../session/index.js";
import { addCommand, printerOf } from "./command.js";
import type { CommandContext, CommonOptions } from "./command.js";
import { labelsOf } from "./labels.js";
import type { LabelOptions } from "./labels.js";
import { listOf, spacingOf } from "./lists.js";

interface CheckCommandOptions extends CommonOptions, LabelOptions {
  readonly inputs?: string;
  readonly spacing?: string;
}

export function addCheck(program: Command, context: CommandContext): void {
  addCommand(
    program,
    "check <archive>",
    "look through an archive: which cases can be used, and why not the others",
    "fedace-site check /data/ms --kind lesion",
  )
    .option("--kind <kind>", "what the archive is labelled for: tissue, lesion or freesurfer (its aseg)")
    .option("--labels <file>", "label map in YAML, in place of --kind")
    .option("--inputs <suffixes>", "images a case must have, such as T1w,FLAIR (default: those most cases have)")
    .option("--spacing <mm>", "spacing to estimate the memory for (default: 2,2,2)")
    .action((archive: string, options: CheckCommandOptions) => check(context, archive, options));
}

async function check(context: CommandContext, archive: string, options: CheckCommandOptions): Promise<void> {
  const labels = await labelsOf(options);
  const printer = printerOf(context, options);
  const progress = printer.progress("reading cases");
  const report = await checkArchive(archive, {
    ...(labels === undefined ? {} : { labels }),
    ...(options.inputs === undefined ? {} : { inputs: listOf(options.inputs, "--inputs") }),
    ...(options.spacing === undefined ? {} : { spacing: spacingOf(options.spacing) }),
    signal: context.terminal.interrupted,
    onProgress: progress.update,
  }).finally(progress.end);
  printer.result(report, renderCheck(report, printer.width).split("\n"));
  if (report.usable.length === 0) {
    const found = report.skipped.length;
    throw siteError("ARCHIVE_NO_CASES", `Of ${casesOf(found)} in ${archive}, none can be used.`, {
      remedy:
        found === 0 ? "Give the folder that holds the sub-* folders." : "The report above says why, case by case.",
    });
  }
}
