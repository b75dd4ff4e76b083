import { parseArgs } from "node:util";
import { LOSS_NAMES, OPTIMIZER_NAMES, PRESET_NAMES } from "@fedace/ace-core/protocol";
import type { LossName, ModelPreset, OptimizerName } from "@fedace/ace-core/protocol";

/** What `npm run demo` is asked to do. */
export interface DemoOptions {
  readonly out: string;
  /** Real archives; empty for generated brains. */
  readonly tissue: readonly string[];
  readonly lesion: readonly string[];
  readonly test: string | undefined;
  readonly rounds: number | undefined;
  readonly steps: number | undefined;
  readonly optimizer: OptimizerName;
  readonly loss: LossName;
  readonly preset: ModelPreset | undefined;
  readonly seed: number;
  readonly engine: string;
}

/** What a plan is without an option, of what the demo's options may change; the model's size depends on the archives. */
const DEFAULTS: { readonly optimizer: OptimizerName; readonly loss: LossName } = { optimizer: "sgd", loss: "ace-dice" };

/** `sgd (default) or adam`. */
function choices(names: readonly string[], standard?: string): string {
  const marked = names.map((name) => (name === standard ? `${name} (default)` : name));
  return [marked.slice(0, -1).join(", "), ...marked.slice(-1)].join(" or ");
}

export const DEMO_HELP = `npm run demo -- [options]

A coordinator and its sites, as real processes over TLS on this machine, train one joint model.
Without archives, brains are generated: two tissue sites and one lesion site.

  --out DIR          folder for everything the demo writes (default: demo-out)
  --tissue DIR       an archive labelled for tissue; may be given more than once
  --lesion DIR       an archive labelled for lesions; may be given more than once
  --test DIR         an archive labelled for both, for testing only
  --rounds N         rounds of the run
  --steps N          local steps per round
  --optimizer NAME   ${choices(OPTIMIZER_NAMES, DEFAULTS.optimizer)}
  --loss NAME        ${choices(LOSS_NAMES, DEFAULTS.loss)}
  --model NAME       ${choices(PRESET_NAMES)}
  --seed N           seed of the plan (default: 0)
  --engine NAME      auto (default), tensorflow, webgpu or wasm
  --help             this text

Example: npm run demo -- --tissue archives/tissue --lesion archives/lesion --test archives/joint
`;

export class UsageError extends Error {
  override readonly name = "UsageError";
}

function oneOf<T extends string>(flag: string, value: string, choices: readonly T[]): T {
  const found = choices.find((choice) => choice === value);
  if (found === undefined) throw new UsageError(`--${flag} ${value}: choose one of ${choices.join(", ")}.`);
  return found;
}

function wholeNumber(flag: string, text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  if (!/^\d{1,9}$/.test(text)) throw new UsageError(`--${flag} ${text}: give a whole number.`);
  return Number(text);
}

/**
 * Parses the command line of the demo; `undefined` means that help was asked for.
 *
 * @throws UsageError
 */
export function parseOptions(args: readonly string[]): DemoOptions | undefined {
  const text = { type: "string" } as const;
  const list = { type: "string", multiple: true, default: [] as string[] } as const;
  let values;
  try {
    ({ values } = parseArgs({
      args: [...args],
      options: {
        out: { ...text, default: "demo-out" },
        tissue: list,
        lesion: list,
        test: text,
        rounds: text,
        steps: text,
        optimizer: { ...text, default: DEFAULTS.optimizer },
        loss: { ...text, default: DEFAULTS.loss },
        model: text,
        seed: { ...text, default: "0" },
        engine: { ...text, default: "auto" },
        help: { type: "boolean", default: false },
      },
    }));
  } catch (error) {
    throw new UsageError((error as Error).message);
  }
  if (values.help) return undefined;
  const given = values.tissue.length + values.lesion.length;
  if (given > 0 && (values.tissue.length === 0 || values.lesion.length === 0 || values.test === undefined))
    throw new UsageError("Real archives: give --tissue, --lesion and --test, or none of them.");
  return {
    out: values.out,
    tissue: values.tissue,
    lesion: values.lesion,
    test: values.test,
    rounds: wholeNumber("rounds", values.rounds),
    steps: wholeNumber("steps", values.steps),
    optimizer: oneOf("optimizer", values.optimizer, OPTIMIZER_NAMES),
    loss: oneOf("loss", values.loss, LOSS_NAMES),
    preset: values.model === undefined ? undefined : oneOf("model", values.model, PRESET_NAMES),
    seed: wholeNumber("seed", values.seed) ?? 0,
    engine: values.engine,
  };
}
