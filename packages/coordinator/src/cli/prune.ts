import type { Command } from "commander";
import { size } from "@fedace/ace-core/host";
import { pruneRun, removeRun, whatToPrune } from "../models/index.js";
import type { ModelChoice, Pruning } from "../models/index.js";
import { readOverview } from "../records/index.js";
import { addCommand, confirmed, printerOf, withCoordinator, YES_OPTION } from "./command.js";
import type { CommandContext, CommonOptions } from "./command.js";
import { choiceOf } from "./files.js";

type PruneOptions = CommonOptions & { readonly keep: string; readonly yes?: boolean };
type RemoveOptions = CommonOptions & { readonly yes?: boolean };

export function addPrune(run: Command, context: CommandContext): void {
  addCommand(
    run,
    "prune <run>",
    "free the disk of an ended run's models, but for those to be kept; its figures stay",
    "fedace-coordinator run prune brain-joint-3f2a9c1e --keep best,latest",
  )
    .option("--keep <models>", "models that stay, with commas between: best, latest, round numbers", "best,latest")
    .option(...YES_OPTION)
    .action((id: string, options: PruneOptions) => prune(context, id, options));
  addCommand(
    run,
    "remove <run>",
    "remove an ended run with its models and figures; the audit log stays",
    "fedace-coordinator run remove brain-joint-3f2a9c1e",
  )
    .option(...YES_OPTION)
    .action((id: string, options: RemoveOptions) => remove(context, id, options));
}

async function prune(context: CommandContext, id: string, options: PruneOptions): Promise<void> {
  const keep = options.keep.split(",").map((word): ModelChoice => choiceOf("--keep", word.trim()));
  await withCoordinator(context, options, async (opened) => {
    const planned = await whatToPrune(opened.database, id, keep);
    const question = `Delete ${models(planned.going.length)} of ${id} for good? There ${staying(planned)}.`;
    if (planned.going.length > 0 && !(await confirmed(context, options, question))) return;
    const { going, kept, freed } = await pruneRun(opened, id, keep, context.clock.now());
    const rounds = going.map(({ round }) => round);
    printerOf(context, options).result({ run: id, pruned: rounds, kept, bytesFreed: freed }, [
      `${models(rounds.length)} of ${id} pruned, ${size(freed)} free.`,
      ...kept.map(({ round, why }) => `  kept: round ${round}, ${why}`),
    ]);
  });
}

function staying({ kept }: Pruning): string {
  return kept.length === 0
    ? "stays none"
    : `stay ${kept.map(({ round, why }) => `round ${round} (${why})`).join(", ")}`;
}

function models(count: number): string {
  return count === 1 ? "1 model" : `${count} models`;
}

async function remove(context: CommandContext, id: string, options: RemoveOptions): Promise<void> {
  await withCoordinator(context, options, async (opened) => {
    const now = context.clock.now();
    const { description } = await readOverview(opened.database, id, now);
    const question = `Remove the run ${id}, which is ${description}, with its models and figures for good?`;
    if (!(await confirmed(context, options, question))) return;
    const freed = await removeRun(opened, id, context.clock.now());
    printerOf(context, options).result({ run: id, removed: true, bytesFreed: freed }, [
      `The run ${id} was removed, ${size(freed)} free.`,
    ]);
  });
}
