import { mkdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { writeDurably } from "@fedace/ace-core/host";
import { METRIC_NAMES } from "@fedace/ace-core/metrics";
import { z } from "zod";
import { UsageError } from "./options.js";

const number = z.number();
const values = z.object({
  test: z.string(),
  case: number,
  class: z.string(),
  metric: z.enum(METRIC_NAMES),
  value: number,
});
const entry = z.object({
  engine: z.string(),
  /** What training and scoring took. */
  seconds: number,
  values: z.array(values).readonly(),
  rounds: z.array(z.object({ round: number, dice: z.record(z.string(), number) })).readonly(),
});
/** What is kept of a method that was trained with one seed in one scenario. */
export type Entry = z.output<typeof entry>;

/** The finished cells of a comparison, in a folder: what is written in it is done, whatever happens then. */
interface Notebook {
  read(cell: string): Promise<Entry | undefined>;
  write(cell: string, entry: Entry): Promise<void>;
}

const MODE = 0o644;

/**
 * Opens a folder's notebook, for these settings alone: what is finished with others does not belong beside it.
 *
 * @throws UsageError where the folder holds other settings
 */
export async function openNotebook(out: string, settings: object): Promise<Notebook> {
  const cells = join(out, "cells");
  await mkdir(cells, { recursive: true });
  const text = `${JSON.stringify(settings, undefined, 1)}\n`;
  const file = join(out, "settings.json");
  const earlier = await textOf(file);
  if (earlier === undefined) await writeDurably(file, text, MODE);
  else if (earlier !== text)
    throw new UsageError(
      `${out} holds a comparison with other settings (settings.json). Give the same options to go on with it, or another --out.`,
    );
  const place = (cell: string): string => join(cells, `${cell}.json`);
  return {
    read: async (cell) => {
      const written = await textOf(place(cell));
      return written === undefined ? undefined : entry.parse(JSON.parse(written));
    },
    write: async (cell, content) => {
      await writeDurably(place(cell), `${JSON.stringify(content)}\n`, MODE);
    },
  };
}

async function textOf(file: string): Promise<string | undefined> {
  try {
    return await readFile(file, "utf8");
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return undefined;
    throw error;
  }
}
