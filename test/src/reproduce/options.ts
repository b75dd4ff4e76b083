import { basename, extname, resolve } from "node:path";
import { parseArgs } from "node:util";
import type { EngineChoice } from "@fedace/ace-core/engine";

const ENGINE_CHOICES: readonly EngineChoice[] = ["auto", "webgpu", "tensorflow", "wasm", "plain"];

export const USAGE = `npm run reproduce -- [options]

Compares the methods of Roulet et al. 2019, and what federating them gives, on heads that no method was trained on, and
writes report.html, results.md, results.csv, cases.csv, plots and pictures. A run that was ended goes on when it is
started again with the same options.

  --out DIR         where to write; default: reproduction
  --quick           both scenarios in about ten minutes on two cores: fewer and coarser heads, less training, one seed
  --seeds 3         trainings of each method
  --rounds N        rounds of the federated methods
  --steps N         local steps of a round; the other methods make as many steps as all rounds together
  --engine NAME     ${ENGINE_CHOICES.join(", ")}; default: auto
  --study FILE      archives of your own in place of generated heads; as often as needed, one scenario each:
                      plan:  { classes: [background, CSF, GM, WM, lesion], inputs: [T1w], spacing: [2, 2, 2] }
                      sites: [{ name: north, archive: DIR, labels: { kind: tissue }, cases: [1, 2, 3] }, …]
                      tests: [{ name: healthy, archive: DIR, labels: { kind: tissue }, cases: [4, 5] }, …]
                    other keys of a plan may stand there too; what it leaves open is as \`run create\` takes it
  --help`;

export interface ReproduceOptions {
  readonly out: string;
  readonly quick: boolean;
  readonly seeds: number;
  readonly rounds: number | undefined;
  readonly steps: number | undefined;
  readonly engine: EngineChoice;
  readonly studies: readonly { readonly id: string; readonly file: string }[];
}

/** What is wrong with the command, for the person who typed it. */
export class UsageError extends Error {}

/** @returns undefined where help is asked for */
export function parseOptions(args: string[]): ReproduceOptions | undefined {
  const text = { type: "string" } as const;
  const flag = { type: "boolean", default: false } as const;
  const { values } = read(() =>
    parseArgs({
      args,
      options: {
        out: { ...text, default: "reproduction" },
        quick: flag,
        help: flag,
        seeds: text,
        rounds: text,
        steps: text,
        engine: { ...text, default: "auto" },
        study: { ...text, multiple: true, default: [] },
      },
    }),
  );
  if (values.help) return undefined;
  const engine = ENGINE_CHOICES.find((name) => name === values.engine);
  if (engine === undefined) throw new UsageError(`--engine ${values.engine} is none of ${ENGINE_CHOICES.join(", ")}`);
  const studies = values.study.map((file) => ({ id: basename(file, extname(file)), file: resolve(file) }));
  if (new Set(studies.map(({ id }) => id)).size < studies.length)
    throw new UsageError("two studies have the same file name, which names their scenario");
  return {
    out: resolve(values.out),
    quick: values.quick,
    seeds: count("seeds", values.seeds) ?? (values.quick ? 1 : 3),
    rounds: count("rounds", values.rounds),
    steps: count("steps", values.steps),
    engine,
    studies,
  };
}

function read<T>(parse: () => T): T {
  try {
    return parse();
  } catch (error) {
    throw new UsageError((error as Error).message);
  }
}

function count(name: string, text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  const value = Number(text);
  if (!Number.isInteger(value) || value < 1) throw new UsageError(`--${name} ${text} is no number from 1 on`);
  return value;
}
