import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { basename, join } from "node:path";
import { makeFolder, writeDurably } from "@fedace/ace-core/host";
import type { TrainingCase } from "@fedace/ace-core/training";
import { z } from "zod";
import { siteError } from "../errors.js";

const digest = z.string().regex(/^[0-9a-f]{64}$/);

/** Which cases a run has seen at this site: digests of what was trained on, no names. It outlives the run, and never leaves. */
const witnessSchema = z.strictObject({
  version: z.literal(1),
  /** The rounds of which it tells. */
  rounds: z.array(z.int().min(1)),
  trained: z.array(digest),
  keptBack: z.array(digest),
});
export type Witness = z.output<typeof witnessSchema>;

/** The cases of a round. */
interface Split {
  readonly training: readonly TrainingCase[];
  readonly heldBack: readonly TrainingCase[];
}

/** Cases stay in memory from round to round. */
const known = new WeakMap<TrainingCase, string>();

/** SHA-256 of a case as training sees it: its size, image and labels. */
export function caseDigest(item: TrainingCase): string {
  const before = known.get(item);
  if (before !== undefined) return before;
  const { size, channels, image, labels } = item;
  const made = createHash("sha256")
    .update(JSON.stringify([size, channels]))
    .update(new Uint8Array(image.buffer, image.byteOffset, image.byteLength))
    .update(labels)
    .digest("hex");
  known.set(item, made);
  return made;
}

/** Beside the folder of what is kept of the run, which goes when the run ends. */
const pathOf = (runs: string, run: string): string => join(runs, `${basename(run)}.cases.json`);

/** What is known of a run's cases; undefined where nothing is, or it cannot be read. */
export function readWitness(runs: string, run: string): Witness | undefined {
  const text = textOf(pathOf(runs, run));
  try {
    return text === undefined ? undefined : witnessSchema.parse(JSON.parse(text));
  } catch {
    return undefined;
  }
}

/**
 * Writes down, before a round trains, which cases it trains on and which it keeps back. A file that cannot be read is
 * left as it is: it would tell of a part of the rounds only.
 *
 * @throws SITE_DISK
 */
export async function noteCases(runs: string, run: string, round: number, split: Split): Promise<void> {
  const path = pathOf(runs, run);
  const before = readWitness(runs, run);
  if (before === undefined && textOf(path) !== undefined) return;
  const join = (old: readonly string[] = [], cases: readonly TrainingCase[]): string[] => [
    ...new Set([...old, ...cases.map(caseDigest)]),
  ];
  const next: Witness = {
    version: 1,
    rounds: [...new Set([...(before?.rounds ?? []), round])],
    trained: join(before?.trained, split.training),
    keptBack: join(before?.keptBack, split.heldBack),
  };
  try {
    await makeFolder(runs);
    await writeDurably(path, JSON.stringify(next));
  } catch (cause) {
    throw siteError("SITE_DISK", `Which cases train cannot be written down: ${(cause as Error).message}.`, { cause });
  }
}

function textOf(path: string): string | undefined {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return undefined;
  }
}
