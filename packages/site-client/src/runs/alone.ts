import { createHash } from "node:crypto";
import { existsSync, readFileSync, readdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import { makeFolder, readWeights, writeDurably } from "@fedace/ace-core/host";
import { briefPlan } from "@fedace/ace-core/protocol";
import type { Plan } from "@fedace/ace-core/protocol";
import type { WeightSet } from "@fedace/ace-core/tensors";
import { z } from "zod";
import { siteError } from "../errors.js";
import { digestOf, writeWeights } from "./kept.js";

const sha256 = z.string().regex(/^[0-9a-f]{64}$/);

/** A point from which training alone goes on. */
const pointSchema = z.strictObject({
  version: z.literal(1),
  /** SHA-256 of what is trained on: another one is another training. */
  basis: sha256,
  /** Rounds that are done. */
  round: z.int().min(1),
  /** Seconds they took, whatever the number of attempts. */
  seconds: z.number().min(0),
  /** Digests of the weights after the last of them, and of their moving average, which without one is the same. */
  model: sha256,
  average: sha256,
});
type Point = z.output<typeof pointSchema>;

const STATE = "alone.json";

/** A saved point with its weights. */
interface Saved extends Point {
  readonly weights: { readonly model: WeightSet; readonly average: WeightSet };
}

/** The folder in which one training alone is kept. */
export interface AloneFolder {
  /** The rounds that are done, as far as the file that says so can be read. */
  done(): number;
  /** Deletes what is kept. */
  forget(): void;
  /** Undefined where nothing is kept, or a part of it is lost or damaged. */
  read(): Promise<Saved | undefined>;
  /** Writes the weights, then the file that names them; after that the files of the point before go. */
  write(point: Omit<Point, "version" | "model" | "average">, weights: Saved["weights"]): Promise<void>;
}

/**
 * Where a plan's training alone lies: the same for every bundle whose plan is the same.
 *
 * @param folder of all of them
 */
export function aloneFolder(folder: string, plan: Plan): AloneFolder {
  const text = JSON.stringify(briefPlan(plan));
  const root = join(folder, `${plan.name}-${createHash("sha256").update(text).digest("hex").slice(0, 16)}`);
  const file = (digest: string): string => `${digest}.safetensors`;
  const point = (): Point | undefined => {
    try {
      return pointSchema.parse(JSON.parse(readFileSync(join(root, STATE), "utf8")));
    } catch {
      return undefined;
    }
  };
  const load = async (digest: string): Promise<WeightSet | undefined> => {
    const read = await readWeights(join(root, file(digest))).catch(() => undefined);
    return read !== undefined && digestOf(read.weights) === digest ? read.weights : undefined;
  };
  return {
    done: () => point()?.round ?? 0,
    forget: () => {
      rmSync(root, { recursive: true, force: true });
    },
    read: async () => {
      const saved = point();
      if (saved === undefined) return undefined;
      const [model, average] = [await load(saved.model), await load(saved.average)];
      return model === undefined || average === undefined ? undefined : { ...saved, weights: { model, average } };
    },
    write: async (next, { model, average }) => {
      try {
        await makeFolder(root);
        const digests = { model: digestOf(model), average: digestOf(average) };
        await writeWeights(join(root, file(digests.model)), model);
        if (digests.average !== digests.model) await writeWeights(join(root, file(digests.average)), average);
        await writeDurably(join(root, STATE), JSON.stringify({ version: 1, ...next, ...digests } satisfies Point));
        const named = [STATE, file(digests.model), file(digests.average)];
        for (const name of readdirSync(root)) if (!named.includes(name)) rmSync(join(root, name), { force: true });
      } catch (cause) {
        throw siteError("SITE_DISK", `Training alone cannot be saved: ${(cause as Error).message}.`, { cause });
      }
    },
  };
}

/** Deletes every training alone in their folder: whoever holds its lock keeps that. */
export function forgetAlone(folder: string): void {
  if (!existsSync(folder)) return;
  for (const entry of readdirSync(folder, { withFileTypes: true })) {
    if (entry.isDirectory()) rmSync(join(folder, entry.name), { recursive: true, force: true });
  }
}
