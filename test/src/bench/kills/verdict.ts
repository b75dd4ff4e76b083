/** What became of a run: from the coordinator's audit log and models, and from the sites' receipts. */
import { z } from "zod";
import { SITES } from "./stage.js";
import type { Stage } from "./stage.js";

const view = z.object({ state: z.string() });
const models = z.object({ models: z.array(z.object({ round: z.number(), sha256: z.string() })) });
const audit = z.object({
  entries: z.array(z.object({ event: z.string(), fields: z.record(z.string(), z.unknown()) })),
});
const ledger = z.object({
  entries: z.array(z.object({ kind: z.string(), what: z.record(z.string(), z.unknown()) })),
});

export interface Verdict {
  readonly state: string;
  /** Updates that should have counted and did not. */
  readonly lost: number;
  /** Updates that counted more than once. */
  readonly doubled: number;
  /** Rounds of which a site has no receipt that its update counted, or more than one. */
  readonly receipts: number;
  /** SHA-256 of each round's published model, from the initial one on. */
  readonly models: readonly string[];
}

/** @throws if a log or a ledger is not what was written */
export async function verdict(stage: Stage, run: string, rounds: number): Promise<Verdict> {
  await stage.operator("audit", "verify");
  const { entries } = audit.parse(await stage.operator("audit", "list"));
  const counted = tally(
    entries.flatMap(({ event, fields }) => {
      const { run: of, round, site } = fields as { run?: string; round?: number; site?: string };
      if (of !== run || (event !== "update.counted" && event !== "update.lost")) return [];
      return [[`${round} ${site}`, event === "update.counted" ? 1 : -1] as const];
    }),
  );
  const noted = new Map<string, number>();
  for (const site of Object.keys(SITES)) {
    const { entries: lines } = ledger.parse(await stage.receipts(site));
    const rows = lines.filter(({ kind, what }) => kind === "counted" && what["run"] === run);
    for (const [key, count] of tally(rows.map(({ what }) => [`${String(what["round"])} ${site}`, 1])))
      noted.set(key, count);
  }
  const wanted = Array.from({ length: rounds }, (_, k) => Object.keys(SITES).map((site) => `${k + 1} ${site}`)).flat();
  const timesOf = (counts: ReadonlyMap<string, number>, key: string): number => counts.get(key) ?? 0;
  return {
    state: view.parse(await stage.operator("run", "show", run)).state,
    lost: wanted.filter((key) => timesOf(counted, key) < 1).length,
    doubled: [...counted.values()].reduce((sum, times) => sum + Math.max(0, times - 1), 0),
    receipts: wanted.filter((key) => timesOf(noted, key) !== 1).length,
    models: models.parse(await stage.operator("model", "list", run)).models.map(({ sha256 }) => sha256),
  };
}

function tally(entries: readonly (readonly [string, number])[]): Map<string, number> {
  const counts = new Map<string, number>();
  for (const [key, by] of entries) counts.set(key, (counts.get(key) ?? 0) + by);
  return counts;
}
