import { Option } from "commander";
import type { Command } from "commander";
import { fileDigest, looksLikeSafetensors, size, table, time, writeDurably } from "@fedace/ace-core/host";
import type { ModelCard } from "@fedace/ace-core/export";
import { publicKeySchema } from "@fedace/ace-core/protocol";
import type { PublicKey } from "@fedace/ace-core/protocol";
import { coordinatorError } from "../errors.js";
import { publish, runModels, selectModel, verifyBundle } from "../models/index.js";
import type { RunModels } from "../models/index.js";
import { record } from "../records/index.js";
import { scoreTable } from "../rounds/index.js";
import type { ModelScores } from "../rounds/index.js";
import { addCommand, printerOf, withCoordinator } from "./command.js";
import type { CommandContext, CommonOptions } from "./command.js";
import { choiceOf, FORCE_OPTION, outputError, PUBLIC_FILE, readInput, requireOutput } from "./files.js";
import { WITHHELD } from "./metrics-text.js";
import { VERSION } from "./version.js";

export function addModel(program: Command, context: CommandContext): void {
  const model = program.command("model").description("list, fetch and verify the models of a run");
  addCommand(
    model,
    "list <run>",
    "list the models of a run with their Dice",
    "fedace-coordinator model list brain-joint-3f2a9c1e",
  ).action((id: string, options: CommonOptions) => list(context, id, options));
  addCommand(
    model,
    "get <run>",
    "write a signed model bundle",
    "fedace-coordinator model get brain-joint-3f2a9c1e --round best --out joint.safetensors",
  )
    .requiredOption("--out <file>", "bundle file to write")
    .option(...FORCE_OPTION)
    .option("--round <round>", "round number, best or latest (default: the best, or else the latest)")
    .action((id: string, options: GetOptions) => get(context, id, options));
  addCommand(
    model,
    "verify <file>",
    "check that a bundle is whole, and by whom it is signed; without --data or --key by its own key only",
    "fedace-coordinator model verify joint.safetensors",
  )
    .addOption(new Option("--key <file>", "public key of the coordinator (JWK) in place of --data"))
    .action((file: string, options: CommonOptions & { key?: string }) => verify(context, file, options));
}

async function list(context: CommandContext, id: string, options: CommonOptions): Promise<void> {
  await withCoordinator(context, options, async ({ database }) => {
    const { run, models, best } = await runModels(database, id);
    const classes = run.plan.classes.slice(1);
    const rows = models.map(({ round, published, createdAt, prunedAt, scores }) => ({
      round,
      sha256: published.sha256,
      bytes: published.bytes,
      created: new Date(createdAt).toISOString(),
      dice: scores?.classes ?? null,
      unassessed: scores?.unassessed ?? [],
      withheld: scores?.withheld ?? [],
      mean: scores?.mean ?? null,
      best: round === best,
      pruned: prunedAt === null ? null : new Date(prunedAt).toISOString(),
    }));
    const lines = [
      table(
        ["round", ...classes, "mean", "created", "SHA-256"],
        rows.map((row, i) => [
          `${row.round}${row.best ? " best" : ""}${row.pruned === null ? "" : " pruned"}`,
          ...classes.map((name) => row.dice?.[name]?.toFixed(3) ?? (row.withheld.includes(name) ? WITHHELD : "–")),
          row.mean?.toFixed(3) ?? "–",
          time(models[i]?.createdAt ?? null),
          row.sha256,
        ]),
      ),
    ];
    printerOf(context, options).result({ run: id, best: best ?? null, models: rows }, lines);
  });
}

interface GetOptions extends CommonOptions {
  readonly out: string;
  readonly round?: string;
  readonly force?: boolean;
}

async function get(context: CommandContext, id: string, options: GetOptions): Promise<void> {
  const asked = options.round === undefined ? undefined : choiceOf("--round", options.round);
  // An earlier bundle is replaced: fetching the newest model under one name is how the command is used.
  await requireOutput(options.out, { replaces: looksLikeSafetensors, force: options.force ?? false });
  await withCoordinator(context, options, async ({ database, objects, key }) => {
    const models = await runModels(database, id);
    const model = selectModel(models, asked ?? (models.best === undefined ? "latest" : "best"));
    const product = `fedace-coordinator ${VERSION}`;
    const bundle = await publish({ sql: database, objects, key, product }, models.run, model);
    const { sha256, bytes } = await writeDurably(options.out, bundle.parts, PUBLIC_FILE).catch((cause: unknown) => {
      throw outputError(options.out, cause);
    });
    const published = { run: id, round: model.round, model: model.published.sha256, bundle: sha256 };
    await database.transaction((sql) => record(sql, context.clock.now(), "model.published", published));
    const dice = model.scores?.classes ?? null;
    const mean = model.scores?.mean ?? null;
    const best = model.round === models.best;
    const what = { run: id, round: model.round, best, file: options.out, sha256, bytes, dice, mean };
    printerOf(context, options).result(what, [
      `${options.out}: ${nameOf(models, model.round)} of ${id}, ${size(bytes)}`,
      `  SHA-256  ${sha256}`,
      `  Dice     ${diceText(dice, model.scores?.withheld)}, at ${models.run.plan.spacing.join(" × ")} mm`,
    ]);
  });
}

/** What a model is, and how it was come by where nobody asked for one by its number. */
function nameOf({ run, models, best }: RunModels, round: number): string {
  if (round === 0) return BEGINNING[run.plan.init === undefined ? "seed" : "model"];
  const latest = round === models.at(-1)?.round;
  const why =
    round === best
      ? ", the best"
      : latest
        ? `, the latest${best === undefined ? "; none was scored for every class" : ""}`
        : "";
  return `the model of round ${round}${why}`;
}

const BEGINNING = { seed: "the initial, untrained weights", model: "the weights that training went on from" } as const;

async function verify(
  context: CommandContext,
  path: string,
  options: CommonOptions & { readonly key?: string },
): Promise<void> {
  const key = await trustedKey(context, options);
  const { card, signer, unknown } = await verifyBundle(path, key);
  const sha256 = await fileDigest(path);
  const { run, round, classes, preprocessing, sites } = card;
  const { classes: dice, pooled, unassessed, withheld } = scoresOf(card);
  const trusted = key !== undefined;
  const what = `the model of round ${round} of ${run}`;
  printerOf(context, options).result(
    {
      file: path,
      verified: true,
      trusted,
      signer,
      sha256,
      run,
      round,
      classes,
      dice,
      sites,
      scores: card.scores,
      pooled,
      unassessed,
      withheld,
      unknown,
    },
    [
      trusted
        ? `${path} is whole, and signed by this coordinator: ${what}.`
        : `${path} is whole and unchanged since it was signed: ${what}.`,
      `  classes  ${classes.join(", ")}`,
      `  Dice     ${diceText(dice, withheld)}, at ${preprocessing.spacing.join(" × ")} mm`,
      ...sites.map(
        ({ name, cases, annotated }, i) =>
          `  ${i === 0 ? "sites  " : "       "}  ${name}: ${cases} ${cases === 1 ? "case" : "cases"}, ${annotated.join(", ")}`,
      ),
      `  inputs   ${preprocessing.inputs.join(", ")} at ${preprocessing.spacing.join(" × ")} mm`,
      ...(unknown.length === 0 ? [] : [`  unknown  ${unknown.join(", ")}: ${card.product} wrote it, a newer version`]),
      `  SHA-256  ${sha256}`,
      `  key      ${signer}${trusted ? "" : ": ask the operator whether it is the coordinator's signing key"}`,
    ],
  );
}

/** The card's scores as those of a model: what the sites said of it, class by class. */
function scoresOf({ classes, scores }: ModelCard): Pick<ModelScores, "pooled" | "unassessed" | "withheld"> & {
  readonly classes: ModelScores["classes"] | null;
} {
  const [table] = scoreTable(
    classes,
    scores.map((score) => ({ ...score, round: 1 })),
  );
  return table ?? { classes: null, pooled: {}, unassessed: classes.slice(1), withheld: [] };
}

function diceText(dice: ModelScores["classes"] | null, withheld: readonly string[] = []): string {
  if (dice === null) return "not scored";
  return Object.entries(dice)
    .map(([name, value]) => `${name} ${value?.toFixed(3) ?? (withheld.includes(name) ? WITHHELD : "unassessed")}`)
    .join(", ");
}

/** The key to check against: the one given, else that of the data folder, else none: a model user has neither. */
async function trustedKey(
  context: CommandContext,
  options: CommonOptions & { readonly key?: string },
): Promise<PublicKey | undefined> {
  if (options.key !== undefined) return readKey(options.key);
  if ((options.data ?? context.terminal.env["FEDACE_DATA"] ?? "") === "") return undefined;
  return withCoordinator(context, options, ({ key }) => Promise.resolve(key.publicKey));
}

/** @throws INPUT_UNREADABLE */
function readKey(path: string): PublicKey {
  try {
    return publicKeySchema.parse(JSON.parse(readInput(path)));
  } catch (cause) {
    throw coordinatorError("INPUT_UNREADABLE", `${path} holds no Ed25519 public key (JWK).`, { cause });
  }
}
