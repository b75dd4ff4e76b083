import type { Command } from "commander";
import { labelSpace, resolveLabelMap } from "@fedace/ace-core/labels";
import { mayLack } from "@fedace/ace-core/protocol";
import type { Plan } from "@fedace/ace-core/protocol";
import { checkArchive, planReport, renderCheck } from "../archive/index.js";
import { siteError } from "../errors.js";
import { casesOf } from "../session/index.js";
import { addCommand, printerOf } from "./command.js";
import type { CommandContext, CommonOptions } from "./command.js";
import { labelsOf } from "./labels.js";
import type { LabelOptions } from "./labels.js";
import { listOf, spacingOf } from "./lists.js";
import { readPlan } from "./plan.js";

interface CheckCommandOptions extends CommonOptions, LabelOptions {
  readonly inputs?: string;
  readonly spacing?: string;
  readonly plan?: string;
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
    .option("--plan <plan>", "a plan (YAML) to hold the archive against: inputs, spacing, classes, memory")
    .option("--spacing <mm>", "spacing to estimate the memory for (default: 2,2,2)")
    .action((archive: string, options: CheckCommandOptions) => check(context, archive, options));
}

async function check(context: CommandContext, archive: string, options: CheckCommandOptions): Promise<void> {
  const labels = await labelsOf(options);
  const plan = await planOf(options);
  // Before the archive is read: labels that do not fit the plan are known at once.
  if (plan !== undefined && labels !== undefined) resolveLabelMap(labels, labelSpace(plan.classes));
  const printer = printerOf(context, options);
  const progress = printer.progress("reading cases");
  const report = await checkArchive(archive, {
    ...(labels === undefined ? {} : { labels }),
    ...(options.inputs === undefined ? {} : { inputs: listOf(options.inputs, "--inputs") }),
    ...(options.spacing === undefined ? {} : { spacing: spacingOf(options.spacing) }),
    ...(plan === undefined ? {} : { inputs: plan.inputs, mayLack: mayLack(plan), spacing: plan.spacing }),
    signal: context.terminal.interrupted,
    onProgress: progress.update,
  }).finally(progress.end);
  const held = plan === undefined ? undefined : planReport(plan, report, labels, await memoryOf(plan));
  const value = held === undefined ? report : { ...report, plan: held };
  printer.result(value, renderCheck(report, printer.width, held).split("\n"));
  if (report.usable.length === 0) {
    const found = report.skipped.length;
    throw siteError("ARCHIVE_NO_CASES", `Of ${casesOf(found)} in ${archive}, none can be used.`, {
      remedy:
        found === 0 ? "Give the folder that holds the sub-* folders." : "The report above says why, case by case.",
    });
  }
}

/** @throws COMMAND_USAGE, FILE_UNREADABLE, PLAN_FILE, PLAN_INVALID */
async function planOf({ plan, inputs, spacing }: CheckCommandOptions): Promise<Plan | undefined> {
  if (plan === undefined) return undefined;
  if (inputs !== undefined || spacing !== undefined)
    throw siteError("COMMAND_USAGE", "--plan says which inputs and which spacing: --inputs and --spacing exclude it.");
  return readPlan(plan);
}

async function memoryOf(plan: Plan): Promise<{ readonly stepBytes: number; readonly freeBytes: number }> {
  // It brings tensor arithmetic with it, which no other check needs.
  const { estimateStep } = await import("@fedace/ace-core/training");
  return { stepBytes: estimateStep(plan).bytes, freeBytes: process.availableMemory() };
}
