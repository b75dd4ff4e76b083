import { createHash } from "node:crypto";
import { mkdirSync, readFileSync, readdirSync, rmSync } from "node:fs";
import { basename, join } from "node:path";
import { PRIVATE, readWeights, writeDurably } from "@fedace/ace-core/host";
import type { Written } from "@fedace/ace-core/host";
import { encodeHeader, tensorBytes } from "@fedace/ace-core/tensors";
import type { WeightSet } from "@fedace/ace-core/tensors";
import { z } from "zod";
import { siteError } from "../errors.js";

const sha256 = z.string().regex(/^[0-9a-f]{64}$/);
const round = z.int().min(1);
const file = z.strictObject({ file: z.string().regex(/^[a-z]+\.\d+\.safetensors$/), sha256 });

/** What a site keeps of one run from round to round. None of it ever leaves. */
const keptSchema = z.strictObject({
  version: z.literal(1),
  /** The control variate times what the site counts for, after the last round that is worked into it; null is zero. */
  variate: z.strictObject({ through: z.int().min(0), weighted: file.nullable() }),
  /** The last update made here, which may count, and what the site counted for with it. */
  sent: z.strictObject({ round, amount: z.number().positive(), update: file }).nullable(),
  /** The moving average over the rounds up to `round`. */
  average: z.strictObject({ round, weights: file }).nullable(),
});
export type Kept = z.output<typeof keptSchema>;

export const NOTHING_KEPT: Kept = {
  version: 1,
  variate: { through: 0, weighted: null },
  sent: null,
  average: null,
};

const STATE = "kept.json";

/** The folder of one run in the data folder. */
export interface KeptFolder {
  /** What is kept; nothing where the file is missing or is not what was written. */
  read(): Kept;
  /** Writes it, and then removes every file that it does not name. */
  write(kept: Kept): Promise<void>;
  /** Writes weights under a name such as `variate.3`; they count once {@link write} has named them. */
  store(name: string, weights: WeightSet): Promise<{ readonly file: string; readonly sha256: string }>;
  /** Weights that were stored; undefined where they are lost or damaged. */
  load(stored: { readonly file: string; readonly sha256: string }): Promise<WeightSet | undefined>;
}

/** @param folder that of all runs; it is made where it is missing */
export function keptFolder(folder: string, run: string): KeptFolder {
  const root = join(folder, basename(run));
  return {
    read: () => {
      try {
        return keptSchema.parse(JSON.parse(readFileSync(join(root, STATE), "utf8")));
      } catch {
        return NOTHING_KEPT;
      }
    },
    write: async (kept) => {
      mkdirSync(root, { recursive: true, mode: PRIVATE.folder });
      await writeDurably(join(root, STATE), JSON.stringify(kept)).catch(full);
      const named = [kept.variate.weighted, kept.sent?.update, kept.average?.weights].flatMap((one) => one?.file ?? []);
      for (const name of readdirSync(root)) {
        if (name !== STATE && !named.includes(name)) rmSync(join(root, name), { force: true });
      }
    },
    store: async (name, weights) => {
      mkdirSync(root, { recursive: true, mode: PRIVATE.folder });
      const path = `${name}.safetensors`;
      const written = await writeWeights(join(root, path), weights).catch(full);
      return { file: path, sha256: written.sha256 };
    },
    load: async (stored) => {
      const read = await readWeights(join(root, stored.file)).catch(() => undefined);
      return read !== undefined && digestOf(read.weights) === stored.sha256 ? read.weights : undefined;
    },
  };
}

/** Forgets a run: what was kept of it is of no use any more. */
export function forgetRun(folder: string, run: string): void {
  rmSync(join(folder, basename(run)), { recursive: true, force: true });
}

/** Writes weights as both sides write them: the same weights are the same bytes. */
export function writeWeights(path: string, weights: WeightSet): Promise<Written> {
  return writeDurably(path, [encodeHeader(weights.specs, {}), tensorBytes(weights)]);
}

/** SHA-256 of the file that {@link writeWeights} makes of weights. */
export function digestOf(weights: WeightSet): string {
  return createHash("sha256").update(encodeHeader(weights.specs, {})).update(tensorBytes(weights)).digest("hex");
}

function full(cause: unknown): never {
  const message = `What is kept of a run cannot be written: ${(cause as Error).message}.`;
  throw siteError("SITE_DISK", message, { cause });
}
