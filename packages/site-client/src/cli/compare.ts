import { existsSync, readFileSync } from "node:fs";
import { dataEngines, ENGINE_NODE_FLAGS } from "@fedace/ace-core/engine";
import { NORMALISATION } from "@fedace/ace-core/export";
import type { Bundle } from "@fedace/ace-core/export";
import { silentLogger } from "@fedace/ace-core/foundation";
import { duration, makeFolder } from "@fedace/ace-core/host";
import type { Printer } from "@fedace/ace-core/host";
import { resolveLabelMap } from "@fedace/ace-core/labels";
import type { LabelMapConfig } from "@fedace/ace-core/labels";
import { channelsOf } from "@fedace/ace-core/protocol";
import type { Plan } from "@fedace/ace-core/protocol";
import type { Command } from "commander";
import { caseLines, classLines, compareFigures, figureLines } from "../compare/index.js";
import { siteError } from "../errors.js";
import { dataPaths, lockDataFolder, readRegistration } from "../identity/index.js";
import type { DataPaths, Registration } from "../identity/index.js";
import { roundsSent } from "../ledger/index.js";
import { aloneFolder, forgetAlone } from "../runs/index.js";
import { casesOf } from "../session/index.js";
import { Trainer } from "../training/index.js";
import type { Compared, WorkProgress } from "../training/index.js";
import { openBundle } from "./bundle.js";
import { addCommand, DATA_OPTION, dataOf, printerOf } from "./command.js";
import type { CommandContext, DataOptions } from "./command.js";
import { labelsOf } from "./labels.js";
import type { LabelOptions } from "./labels.js";
import { readPlan } from "./plan.js";
import { engineOption, threadsOf } from "./serve.js";
import type { EngineOption } from "./serve.js";

interface CompareOptions extends DataOptions, LabelOptions {
  readonly model?: string;
  readonly archive?: string;
  readonly plan?: string;
  readonly engine: EngineOption;
  readonly threads?: string;
  readonly restart?: boolean;
  readonly remove?: boolean;
}

export function addCompare(program: Command, context: CommandContext): void {
  addCommand(
    program,
    "compare",
    "what taking part brought: train alone on the site's own cases for as many steps, and score both models",
    "fedace-site compare --model joint.safetensors --data /srv/fedace-site --archive /data/ms --kind lesion",
  )
    .option("--model <bundle>", "model bundle from the coordinator")
    .option(...DATA_OPTION)
    .option("--archive <dir>", "BIDS archive with images and labels")
    .option("--kind <kind>", "what the archive is labelled for: tissue, lesion or freesurfer (its aseg)")
    .option("--labels <file>", "label map in YAML, in place of --kind")
    .option("--plan <plan>", "a plan (YAML) to train alone by (default: that of the bundle)")
    .addOption(engineOption())
    .option("--threads <n>", "threads that compute (default: all processors)")
    .option("--restart", "train alone from the beginning, whatever was trained before")
    .option("--remove", "delete what is kept of training alone, and do nothing else")
    .action((options: CompareOptions) => compare(context, options));
}

async function compare(context: CommandContext, options: CompareOptions): Promise<void> {
  const paths = dataPaths(dataOf(context, options));
  const registration = readRegistration(paths);
  const printer = printerOf(context, options);
  if (options.remove === true) {
    await holding(context, printer, paths, () => {
      forgetAlone(paths.alone);
      printer.result({ removed: paths.alone }, [`What was trained alone is deleted: ${paths.alone}`]);
      return Promise.resolve();
    });
    return;
  }
  const { model, archive } = options;
  if (model === undefined || archive === undefined) {
    throw siteError("COMMAND_USAGE", `compare needs ${model === undefined ? "--model BUNDLE" : "--archive DIR"}.`);
  }
  const labels = await labelsOf(options);
  if (labels === undefined) {
    throw siteError("LABELS_UNSPECIFIED", "Neither --kind nor --labels says what the archive's label values mean.");
  }
  const { bundle, signedBy } = await openBundle(model, registration.coordinator.key);
  const plan = options.plan === undefined ? planOf(bundle) : matching(await readPlan(options.plan), bundle);
  // Before anything is opened: labels that do not fit the model are known at once.
  resolveLabelMap(labels, { classes: plan.classes });
  const threads = threadsOf(options.threads) ?? null;
  await holding(context, printer, paths, async () => {
    const order = { model, archive, labels, bundle, plan, paths, registration, threads };
    if (options.restart === true) aloneFolder(paths.alone, plan).forget();
    const { compared, engine } = await carryOut(context, printer, options.engine, order);
    show(printer, { ...order, signedBy, engine, compared });
  });
}

interface Order {
  readonly model: string;
  readonly archive: string;
  readonly labels: LabelMapConfig;
  readonly bundle: Bundle;
  readonly plan: Plan;
  readonly paths: DataPaths;
  readonly registration: Registration;
  readonly threads: number | null;
}

/** A lock of its own: a site that serves need not stop for a comparison. */
async function holding(
  { clock }: CommandContext,
  printer: Printer,
  { alone }: DataPaths,
  work: () => Promise<void>,
): Promise<void> {
  await makeFolder(alone).catch((cause: unknown) => {
    const message = `The folder ${alone} cannot be made: ${(cause as Error).message}.`;
    throw siteError("DATA_FOLDER_NOT_WRITABLE", message, { cause });
  });
  const lock = await lockDataFolder(alone, {
    clock,
    waiting: (ms) => {
      printer.note(`${alone} is locked from elsewhere; watching for up to ${duration(ms)} whether by a living process`);
    },
    lost: () => undefined,
  });
  await work().finally(() => lock.release());
}

/** Trains and scores in a process of its own, as `serve` does. */
async function carryOut(
  { terminal, clock }: CommandContext,
  printer: Printer,
  engine: EngineOption,
  { model, archive, labels, bundle, plan, paths, registration, threads }: Order,
): Promise<{ compared: Compared; engine: string }> {
  const { card } = bundle;
  const { site } = registration;
  const trainer = new Trainer(
    { clock, logger: silentLogger, nodeFlags: ENGINE_NODE_FLAGS },
    { site, archive, labels, engine, threads, engines: [dataEngines(paths.root)] },
  );
  const folder = aloneFolder(paths.alone, plan);
  const rounds = roundsSent(existsSync(paths.receipts) ? readFileSync(paths.receipts, "utf8") : "", card.run);
  const watch = watching(printer);
  try {
    const { reason } = await trainer.open();
    printer.note(`engine   ${reason}`);
    printer.note(begin(plan, folder.done()));
    const compared = await trainer.compare(
      {
        plan,
        joint: { plan: card.plan, path: model, tensors: card.tensors },
        run: card.run,
        before: card.plan.init?.run ?? null,
        took: rounds.length > 0 || card.sites.some(({ name }) => name === site),
        rounds,
        runs: paths.runs,
        alone: paths.alone,
      },
      {
        signal: terminal.interrupted,
        onProgress: watch.update,
        onSkipped: (cases) => {
          printer.note(`note     ${casesOf(cases.length)} left out; \`fedace-site check\` says why`);
        },
      },
    );
    return { compared, engine: reason };
  } catch (error) {
    if (!terminal.interrupted.aborted) throw error;
    const done = folder.done();
    throw siteError("INTERRUPTED", `The command was interrupted; ${done} of ${plan.rounds} rounds are trained.`, {
      remedy: "Give the same command again: it goes on from there.",
    });
  } finally {
    watch.end();
    await trainer.stop();
  }
}

function begin({ rounds, training: { steps } }: Plan, done: number): string {
  const all = `${rounds * steps} steps in ${rounds} ${rounds === 1 ? "round" : "rounds"}`;
  if (done === 0)
    return `alone    training ${all}; after a kill or Ctrl-C the same command goes on from the last round`;
  if (done >= rounds) return `alone    all ${rounds} rounds were trained before; both models are scored`;
  return `alone    ${done} of ${rounds} rounds are trained, going on from there`;
}

const PHASES = { preparing: "reading cases", training: "training alone", evaluating: "scoring both" } as const;

/** One line of progress for each phase. */
function watching(printer: Printer): { update: (progress: WorkProgress) => void; end: () => void } {
  let phase: WorkProgress["phase"] | undefined;
  let line: ReturnType<Printer["progress"]> | undefined;
  return {
    update: ({ phase: now, done, total, secondsLeft }) => {
      if (phase !== now) {
        line?.end();
        line = printer.progress(PHASES[now]);
        phase = now;
      }
      line?.update(done, total, secondsLeft ?? undefined);
    },
    end: () => line?.end(),
  };
}

/**
 * The plan of a bundle, if a site can train alone by it.
 *
 * @throws COMPARE_PLAN
 */
function planOf({ card, unknown }: Bundle): Plan {
  const newer = unknown.filter((place) => place.startsWith("plan"));
  if (newer.length > 0) throw lacking(`its plan says what this version does not know: ${newer.join(", ")}`);
  if (card.plan.rounds === 0) throw lacking("its plan has no rounds: the run only scored a model");
  requireRecipe(card);
  return card.plan;
}

/** @throws COMPARE_PLAN, COMPARE_MISMATCH */
function matching(plan: Plan, { card }: Bundle): Plan {
  if (plan.rounds === 0) throw siteError("COMPARE_PLAN", "The plan given has no rounds: nobody trains by it.");
  requireRecipe(card);
  const sides = [
    ["classes", plan.classes, card.classes],
    ["inputs", channelsOf(plan), channelsOf(card.plan)],
    ["spacing", plan.spacing, card.preprocessing.spacing],
  ] as const;
  for (const [what, own, theirs] of sides) {
    if (own.join() === theirs.join()) continue;
    const message = `The plan given has the ${what} ${own.join(", ")}, and the bundle's model ${theirs.join(", ")}.`;
    throw siteError("COMPARE_MISMATCH", message);
  }
  return plan;
}

function requireRecipe({ preprocessing, product }: Bundle["card"]): void {
  if (preprocessing.normalisation === NORMALISATION) return;
  throw lacking(`${product} prepared its images in a way in which nothing trains any more`);
}

const lacking = (why: string): Error => siteError("COMPARE_PLAN", `The bundle cannot be compared with: ${why}.`);

/** The result. None of it leaves the site. */
function show(
  printer: Printer,
  shown: Order & { readonly signedBy: string; readonly engine: string; readonly compared: Compared },
): void {
  const { bundle, plan, paths, signedBy, engine, compared } = shown;
  const { card } = bundle;
  const { scores, seconds, from, model, ...scored } = compared;
  const figures = compareFigures(plan.classes, scores);
  const steps = plan.rounds * plan.training.steps;
  const init = card.plan.init?.run;
  const { run, round } = card;
  printer.result(
    { run, round, plan: plan.name, rounds: plan.rounds, steps, from, seconds, model, engine, ...scored, figures },
    [
      `joint    ${card.plan.name}, round ${round} of ${card.plan.rounds} of run ${run}, ${signedBy}`,
      ...(init === undefined
        ? []
        : [`         It went on from a model of run ${init}; training alone began with nothing.`]),
      `alone    ${steps} steps in ${plan.rounds} rounds, ${duration(1000 * seconds)} of training${from === 0 ? "" : ` (rounds 1 to ${from} in an earlier attempt)`}`,
      ...caseLines(scored, run),
      ...figureLines(figures),
      ...classLines(plan.classes, scored),
      `Nothing of this has left the site. The model trained alone is kept in ${paths.alone}; \`fedace-site compare --remove\` deletes it.`,
    ],
  );
}
