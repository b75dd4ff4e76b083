import { homedir } from "node:os";
import { resolve } from "node:path";
import { dataEngines, engineCache, listEngines } from "@fedace/ace-core/engine";
import type { EngineStatus } from "@fedace/ace-core/engine";
import { size } from "@fedace/ace-core/host";
import type { Plan } from "@fedace/ace-core/protocol";
import type { Command } from "commander";
import { installTensorflow, probeMachine, runCommand, toleranceOf } from "../engine-install/index.js";
import type { InstallRequest, Report } from "../engine-install/index.js";
import { tryStep } from "../training/index.js";
import type { StepTrial } from "../training/index.js";
import { addCommand, DATA_OPTION, enginesOf, printerOf } from "./command.js";
import type { CommandContext, CommonOptions, DataOptions } from "./command.js";
import { readPlan } from "./plan.js";

export function addEngine(program: Command, context: CommandContext): void {
  const engine = program.command("engine").description("what can compute on this machine");
  addCommand(engine, "list", "the engines, and whether they run here", "fedace-site engine list")
    .option("--plan <plan>", "a plan (YAML): measure a training step of it on each engine, time and memory")
    .option(...DATA_OPTION)
    .action((options: ListOptions) => list(context, options));
  const install = engine.command("install").description("complete an engine that npm alone does not install");
  addCommand(
    install,
    "tensorflow",
    "build the tensorflow engine on libtensorflow from a Python package index",
    "fedace-site engine install tensorflow --cuda",
  )
    .option("--cuda", "for NVIDIA GPUs: libtensorflow with its CUDA libraries, about 12 GB")
    .option("--python <command>", "Python 3.9 or newer to run pip with", "python3")
    .option("--wheel <file>", "a wheel of tensorflow or tensorflow-cpu, in place of the index's")
    .option("--lib <archive>", "an archive of libtensorflow, a file or an address, in place of a wheel")
    .option("--data <dir>", "install for this site's data folder alone (default: the user's cache)")
    .action((options: InstallOptions) => installed(context, options));
}

interface ListOptions extends DataOptions {
  readonly plan?: string;
}

type Listed = EngineStatus & { readonly step?: StepTrial };

async function list(context: CommandContext, options: ListOptions): Promise<void> {
  const folders = enginesOf(context, options);
  const plan = options.plan === undefined ? undefined : await readPlan(options.plan);
  const engines: Listed[] = [];
  for (const status of await listEngines(folders)) {
    const step =
      plan !== undefined && status.usable ? await stepOf(context, options, status, plan, folders) : undefined;
    engines.push(step === undefined ? status : { ...status, step });
  }
  printerOf(context, options).result({ engines }, engines.flatMap(linesOf));
}

async function stepOf(
  context: CommandContext,
  options: ListOptions,
  { name }: EngineStatus,
  plan: Plan,
  folders: readonly string[],
): Promise<StepTrial> {
  const { env, interrupted: signal } = context.terminal;
  printerOf(context, options).note(`measuring a training step on ${name}`);
  return tryStep((command, args) => runCommand(command, args, { env, signal }), name, plan, folders);
}

function linesOf(status: Listed): string[] {
  if (!status.usable) return [`${status.name}: not here, ${status.reason}`, `  next: ${status.remedy}`];
  const head = `${status.name}: ${status.device}`;
  const { step } = status;
  if (step === undefined) return [head];
  if ("code" in step) return [head, `  a step of this plan: ${step.code}, ${step.message}`, `  next: ${step.remedy}`];
  const tensors = `${size(step.peakBytes)} of tensors at the peak`;
  return [
    head,
    `  a step of this plan: ${step.seconds.toPrecision(3)} s, ${tensors}, ${size(step.processBytes)} in all`,
  ];
}

interface InstallOptions extends CommonOptions, Omit<InstallRequest, "cuda"> {
  readonly cuda?: boolean;
  readonly data?: string;
}

async function installed(context: CommandContext, options: InstallOptions): Promise<void> {
  const { env, interrupted: signal } = context.terminal;
  const { data, cuda = false, python, wheel, lib } = options;
  const request = { cuda, python, ...(wheel === undefined ? {} : { wheel }), ...(lib === undefined ? {} : { lib }) };
  const engines = resolve(data === undefined ? engineCache(env, homedir()) : dataEngines(data));
  const { report, end } = reporter(context, options);
  const parts = { run: runCommand, probe: probeMachine, report, env, signal };
  const { folder, already, variant, trial } = await installTensorflow(parts, request, engines).finally(end);
  printerOf(context, options).result({ folder, already, variant, trial }, [
    already ? `tensorflow is installed already: ${folder}` : `tensorflow is installed: ${folder}`,
    ...trial.map(
      (result) =>
        `${result.engine}: ${result.device}; one training step differs from the reference by ` +
        `${result.difference?.toExponential(1) ?? "?"} (at most ${toleranceOf(result)} is allowed)`,
    ),
  ]);
}

/** Steps and how far they are, on standard error; nothing with --json. */
function reporter(context: CommandContext, options: CommonOptions): { report: Report; end: () => void } {
  const printer = printerOf(context, options);
  let progress = printer.progress("");
  const report: Report = {
    step: (what) => {
      progress.end();
      progress = printer.progress(what);
      printer.note(what);
    },
    detail: (what) => {
      printer.note(`  ${what}`);
    },
    progress: (done, total) => {
      progress.update(done, total);
    },
  };
  return {
    report,
    end: () => {
      progress.end();
    },
  };
}
