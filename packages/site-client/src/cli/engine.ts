import { homedir } from "node:os";
import { resolve } from "node:path";
import { dataEngines, engineCache, listEngines } from "@fedace/ace-core/engine";
import type { Command } from "commander";
import { installTensorflow, probeMachine, runCommand, toleranceOf } from "../engine-install/index.js";
import type { InstallRequest, Report } from "../engine-install/index.js";
import { addCommand, DATA_OPTION, enginesOf, printResult } from "./command.js";
import type { CommandContext, CommonOptions, DataOptions } from "./command.js";
import { showProgress } from "./progress.js";

export function addEngine(program: Command, context: CommandContext): void {
  const engine = program.command("engine").description("what can compute on this machine");
  addCommand(engine, "list", "the engines, and whether they run here", "fedace-site engine list")
    .option(...DATA_OPTION)
    .action((options: DataOptions) => list(context, options));
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

async function list(context: CommandContext, options: DataOptions): Promise<void> {
  const engines = await listEngines(enginesOf(context, options));
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
  printResult(context, options, { folder, already, variant, trial }, [
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
  const line = (text: string): void => {
    if (options.json !== true) context.terminal.err(`${text}\n`);
  };
  let progress = showProgress(context, options, "");
  const report: Report = {
    step: (what) => {
      progress.end();
      progress = showProgress(context, options, what);
      line(what);
    },
    detail: (what) => {
      line(`  ${what}`);
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
