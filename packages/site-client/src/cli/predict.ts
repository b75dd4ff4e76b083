import { openEngine } from "@fedace/ace-core/engine";
import type { Bundle } from "@fedace/ace-core/export";
import type { PublicKey } from "@fedace/ace-core/protocol";
import type { Command } from "commander";
import { siteError } from "../errors.js";
import { dataPaths, isJoined, readRegistration } from "../identity/index.js";
import { bundleModel, predict } from "../predict/index.js";
import { openBundle } from "./bundle.js";
import { addCommand, enginesOf, printerOf } from "./command.js";
import type { CommandContext, DataOptions } from "./command.js";
import { withEngineFlags } from "./engine-flags.js";
import { engineOption, threadsOf } from "./serve.js";
import type { EngineOption } from "./serve.js";

interface PredictCommandOptions extends DataOptions {
  readonly model: string;
  readonly input: readonly string[];
  readonly out: string;
  readonly mask?: string;
  readonly force?: boolean;
  readonly engine: EngineOption;
  readonly threads?: string;
}

const collect = (value: string, before: readonly string[] = []): readonly string[] => [...before, value];

export function addPredict(
  program: Command,
  context: CommandContext,
  argv: readonly string[],
  exit: (code: number) => void,
): void {
  addCommand(
    program,
    "predict",
    "segment a scan with a published model",
    "fedace-site predict --model joint.safetensors --input T1w=t1.nii.gz --input FLAIR=flair.nii.gz --out labels.nii.gz",
  )
    .requiredOption("--model <bundle>", "model bundle from the coordinator")
    .requiredOption("--input <suffix=file>", "an image, once for each input of the model", collect)
    .requiredOption("--out <file>", "label image to write, .nii or .nii.gz")
    .option("--force", "replace what is there under the output's name, whatever it is")
    .option("--mask <file>", "brain mask on the images' grid (default: where the first input is not 0)")
    .addOption(engineOption())
    .option("--threads <n>", "threads that compute (default: all processors)")
    .option("--data <dir>", "check the signature against the coordinator this site joined (default: $FEDACE_DATA)")
    .action(async (options: PredictCommandOptions) => {
      const order = {
        ...options,
        choice: options.engine,
        threadCount: threadsOf(options.threads),
        images: inputsOf(options.input),
      };
      const code = await withEngineFlags(argv, context.terminal.interrupted, () => run(context, order));
      if (code !== undefined) exit(code);
    });
}

/** A command line that has been read. */
interface PredictOrder extends PredictCommandOptions {
  readonly choice: EngineOption;
  readonly threadCount: number | undefined;
  readonly images: ReadonlyMap<string, string>;
}

function newerNote({ card, unknown }: Bundle): string {
  return `${card.product} wrote this model's card; this version does not know, and leaves out, its ${unknown.join(", ")}`;
}

async function run(context: CommandContext, options: PredictOrder): Promise<void> {
  const { terminal, clock } = context;
  const { choice, threadCount, images } = options;
  const printer = printerOf(context, options);
  const { bundle, signedBy, trusted } = await openBundle(options.model, coordinatorKey(context, options));
  const engine = await openEngine({
    choice,
    engines: enginesOf(context, options),
    ...(threadCount === undefined ? {} : { threads: threadCount }),
  });
  try {
    if (bundle.unknown.length > 0) printer.note(`note     ${newerNote(bundle)}`);
    const progress = printer.progress("segmenting");
    const prediction = await predict({
      model: bundleModel(bundle),
      inputs: images,
      out: options.out,
      force: options.force ?? false,
      ...(options.mask === undefined ? {} : { mask: options.mask }),
      signal: terminal.interrupted,
      clock,
      onWarnings: (warnings) => {
        for (const warning of warnings) printer.note(`note     ${warning}`);
      },
      onProgress: progress.update,
    }).finally(progress.end);
    const { card } = bundle;
    const { out, table, volumes, brain, warnings, seconds } = prediction;
    const width = Math.max(...volumes.map(({ name }) => name.length));
    printer.result(
      {
        out,
        table,
        volumes,
        brain,
        warnings,
        seconds,
        engine: engine.reason,
        run: card.run,
        round: card.round,
        trusted,
      },
      [
        `model    ${card.plan.name}, round ${card.round} of run ${card.run}, ${signedBy}`,
        `engine   ${engine.reason}`,
        `labels   ${out} (${card.classes.map((name, k) => `${k} ${name}`).join(", ")})`,
        `table    ${table}`,
        "",
        ...volumes.map(({ name, millilitres }) => `${name.padEnd(width)}  ${millilitres.toFixed(2).padStart(9)} mL`),
        "",
        card.usage,
      ],
    );
  } finally {
    await engine.close();
  }
}

/** @throws COMMAND_USAGE */
function inputsOf(given: readonly string[]): Map<string, string> {
  const inputs = new Map<string, string>();
  for (const text of given) {
    const [, suffix, file] = /^([A-Za-z][A-Za-z0-9_-]*)=(.+)$/s.exec(text) ?? [];
    if (suffix === undefined || file === undefined) {
      throw siteError("COMMAND_USAGE", `--input ${text} is not of the form T1w=FILE.`);
    }
    if (inputs.has(suffix)) throw siteError("COMMAND_USAGE", `--input ${suffix} is given twice.`);
    inputs.set(suffix, file);
  }
  return inputs;
}

/**
 * The pinned key of the coordinator that the site in the data folder joined, where one is named. The environment
 * variable may name the data folder of something else; --data may not.
 */
function coordinatorKey({ terminal }: CommandContext, options: DataOptions): PublicKey | undefined {
  const data = options.data ?? terminal.env["FEDACE_DATA"];
  if (data === undefined || data === "") return undefined;
  const paths = dataPaths(data);
  if (options.data === undefined && !isJoined(paths)) return undefined;
  return readRegistration(paths).coordinator.key;
}
